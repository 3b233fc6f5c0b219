/** config/example.yaml and config/schema.json: current, complete, and good as they are and uncommented. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { exampleConfig } from '../../dist/config/example.js';
import { configJsonSchema, configSchemaText, type SchemaNode } from '../../dist/config/key-tree.js';
import { loadConfig } from '../../dist/config/load.js';
import { memoryFiles } from '../helpers/memory-files.js';

const folder = join(import.meta.dirname, '../../config');
const example = readFileSync(join(folder, 'example.yaml'), 'utf8');

t.test('both files are what scripts/generate-config writes', (t) => {
  t.equal(example, exampleConfig());
  t.equal(readFileSync(join(folder, 'schema.json'), 'utf8'), configSchemaText());
  t.match(example, /^# yaml-language-server: \$schema=\.\/schema\.json\n/);
  t.end();
});

/** Every key of the schema with its description, depth first. */
function keys(node: SchemaNode): { key: string; description: string | undefined }[] {
  const inner = typeof node.additionalProperties === 'object' ? keys(node.additionalProperties) : [];
  const own = Object.entries(node.properties ?? {}).flatMap(([key, child]) => [
    { key, description: child.description },
    ...keys(child),
  ]);
  return [...own, ...inner];
}

t.test('every key of the schema is in the example, under its help', (t) => {
  const lines = example.split('\n').map((line) => line.trim());
  let from = 0;
  for (const { key, description } of keys(configJsonSchema())) {
    t.type(description, 'string', `${key} has a help text`);
    const at = lines.findIndex((line, index) => index >= from && new RegExp(`^#?${key}:`).test(line));
    t.ok(at > 0, `${key} is in the example`);
    const help = lines.slice(from, at).join(' ').replaceAll('# ', '');
    t.ok(help.includes(description ?? ''), `${key} stands under its help`);
    from = at + 1;
  }
  t.end();
});

t.test('the example loads as it is', async (t) => {
  const { config } = await loadConfig('/x/example.yaml', {
    env: {},
    readFile: memoryFiles({ '/x/example.yaml': example }),
  });
  t.strictSame(Object.keys(config.models), ['people']);
});

t.test('the example loads with every key uncommented, and then holds every key', async (t) => {
  const text = example.replace(/^( *)#([a-z0-9_]+:)/gm, '$1$2');
  t.notMatch(text, /^ *#[a-z]/m);
  const files = { '/x/example.yaml': text, '/x/mqtt-password': 'secret' };
  const { config } = await loadConfig('/x/example.yaml', { env: {}, readFile: memoryFiles(files) });
  const sections: [object, SchemaNode | undefined][] = [
    [config, configJsonSchema()],
    [config.mqtt, configJsonSchema().properties?.['mqtt']],
    [
      config.cameras['gate'] ?? {},
      configJsonSchema().properties?.['cameras']?.additionalProperties || undefined,
    ],
  ];
  for (const [section, node] of sections) {
    t.strictSame(Object.keys(section).sort(), Object.keys(node?.properties ?? {}).sort());
  }
});
