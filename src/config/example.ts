/**
 * Writes the example configuration from the schema: every key with its help, and either its default or
 * a sample value. `# ` begins a help text, `#key:` a setting to uncomment.
 */
import { dump } from 'js-yaml';
import { configJsonSchema, type SchemaNode } from './key-tree.js';

const WIDTH = 100;
/** Names that the example gives to the entries of a section, with the samples of other forms. */
const ENTRY_NAMES: Record<string, string> = { models: 'people', cameras: 'gate', sensors: 'gate' };

const HEADER = [
  '# yaml-language-server: $schema=./schema.json',
  '#',
  '# Configuration of detectd. Every key is here; those that are commented out show their default, or',
  '# a sample where there is none. Relative paths start at the folder of this file.',
  '#',
  `# Values may hold \${NAME} (environment), \${file:PATH} (content of a file) and \${credential:NAME}`,
  '# (a systemd credential), so that secrets stay out of this file; $${ is a plain "${".',
  '# Check it with: detectd config check FILE',
];

/** The text of config/example.yaml. */
export function exampleConfig(): string {
  return `${[...HEADER, ...mappingLines(configJsonSchema(), '', [])].join('\n')}\n`;
}

function mappingLines(node: SchemaNode, indent: string, path: string[]): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const help = [...(path.length === 0 ? [''] : []), ...helpLines(child, indent)];
    const entry = child.additionalProperties;
    if (typeof entry === 'object') {
      const name = ENTRY_NAMES[key] ?? 'name';
      const inner = mappingLines(entry, `${indent}    `, [...path, key, name]);
      return [...help, `${indent}${key}:`, `${indent}  ${name}:`, ...inner];
    }
    if (child.properties !== undefined) {
      // A section that is off unless it is there.
      const off = child.default === undefined ? '#' : '';
      return [...help, `${indent}${off}${key}:`, ...mappingLines(child, `${indent}  `, [...path, key])];
    }
    const set = node.required?.includes(key) === true ? '' : '#';
    return [...help, `${indent}${set}${key}: ${scalar(child.default ?? child.examples?.[0])}`];
  });
}

function helpLines(node: SchemaNode, indent: string): string[] {
  const choices = node.enum === undefined ? '' : ` One of: ${node.enum.join(', ')}.`;
  const lines: string[] = [];
  for (const word of `${node.description ?? ''}${choices}`.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${indent}# ${word}`);
  }
  return lines;
}

function scalar(value: unknown): string {
  return dump(value, { quoteStyle: 'double', flowLevel: 0 }).trim();
}
