/**
 * Versions in the C headers of cuDNN and TensorRT, for installations whose libraries have odd names. A macro
 * is a number, or since TensorRT 10.12 the name of another macro that is.
 */

/** `#define PREFIX_MAJOR 10` and so on; MINOR and PATCH belong to it, BUILD may be missing. */
export function parseHeaderVersion(text: string, prefix: string): string | undefined {
  const macros = new Map<string, string>();
  for (const [, name, value] of text.matchAll(/^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(\w+)/gm))
    if (name !== undefined && value !== undefined && !macros.has(name)) macros.set(name, value);
  const numberOf = (name: string): string | undefined => {
    let value = macros.get(name);
    // A chain of names, and never a circle.
    for (let step = 0; step < 5 && value !== undefined && !/^\d+$/.test(value); step += 1)
      value = macros.get(value);
    return value !== undefined && /^\d{1,6}$/.test(value) ? value : undefined;
  };
  const parts = ['MAJOR', 'MINOR', 'PATCH'].map(
    (part) => numberOf(`${prefix}_${part}`) ?? numberOf(`${prefix}_${part}LEVEL`),
  );
  if (parts.some((part) => part === undefined)) return undefined;
  const build = numberOf(`${prefix}_BUILD`);
  return [...parts, ...(build === undefined ? [] : [build])].join('.');
}
