/**
 * The placeholders of a configuration value, read as data:
 *   ${NAME} environment · ${file:PATH} content of a file · ${credential:NAME} a systemd credential · $${ a plain "${"
 */

export type Part =
  | { kind: 'text'; text: string }
  | { kind: 'variable'; name: string }
  | { kind: 'file'; path: string }
  | { kind: 'credential'; name: string };

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const CREDENTIAL = /^[A-Za-z0-9][A-Za-z0-9._@-]*$/;
const FORMS = `write \${NAME}, \${file:PATH} or \${credential:NAME}, and $\${ for a plain "\${"`;

/** The parts of a value, or one clause on why they cannot be read. Adjacent texts are joined. */
export function parsePlaceholders(value: string): Part[] | { error: string } {
  const parts: Part[] = [];
  let text = '';
  let position = 0;
  while (position < value.length) {
    const open = value.indexOf('${', position);
    if (open < 0) break;
    if (open > position && value[open - 1] === '$') {
      text += `${value.slice(position, open - 1)}\${`;
      position = open + 2;
      continue;
    }
    const close = closing(value, open + 2);
    if (close < 0) return { error: `holds "\${" without its "}": ${FORMS}` };
    const part = placeholder(value.slice(open + 2, close));
    if (part === undefined) return { error: `holds a placeholder that is not understood: ${FORMS}` };
    text += value.slice(position, open);
    if (text !== '') parts.push({ kind: 'text', text });
    text = '';
    parts.push(part);
    position = close + 1;
  }
  text += value.slice(position);
  if (text !== '' || parts.length === 0) parts.push({ kind: 'text', text });
  return parts;
}

/** The "}" that ends a placeholder; a file's path may hold placeholders of its own. */
function closing(value: string, start: number): number {
  let depth = 1;
  for (let position = start; position < value.length; position++) {
    if (value.startsWith('${', position)) depth += 1;
    if (value[position] === '}') {
      depth -= 1;
      if (depth === 0) return position;
    }
  }
  return -1;
}

function placeholder(inner: string): Part | undefined {
  if (VARIABLE.test(inner)) return { kind: 'variable', name: inner };
  if (inner.startsWith('file:') && inner.length > 5) return { kind: 'file', path: inner.slice(5) };
  const credential = inner.startsWith('credential:') ? inner.slice(11) : '';
  return CREDENTIAL.test(credential) ? { kind: 'credential', name: credential } : undefined;
}
