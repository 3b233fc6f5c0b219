/**
 * The instruction set extensions that choose ONNX Runtime's kernels and the layout of graphs that it has
 * optimised: such a graph is only as portable as they are.
 */

/** x86's as the kernel names them, then Arm's. */
const EXTENSIONS = [
  'avx',
  'avx2',
  'avx_vnni',
  'avx512f',
  'avx512_vnni',
  'avx512_bf16',
  'amx_int8',
  'asimd',
  'asimddp',
  'i8mm',
  'bf16',
  'sve',
  'sve2',
];

/** Those of the first processor in /proc/cpuinfo, in a fixed order; undefined when it lists none at all. */
export function parseCpuExtensions(text: string): string | undefined {
  const listed = /^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1];
  if (listed === undefined) return undefined;
  const names = new Set(listed.trim().split(/\s+/));
  return EXTENSIONS.filter((name) => names.has(name)).join(' ') || 'none';
}
