/**
 * Holds the models of test/fixtures/families to what their users rely on: each is whole, small, in the table, and its
 * results are those of its own model file.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseInferCfg } from '../../dist/bundle/infer-cfg.js';

const MOST_BYTES = 2 << 20;
const MOST_BYTES_TOGETHER = 25 << 20;
const FILES = ['infer_cfg.yml', 'model.onnx', 'reference.json'];

interface Reference {
  family: string;
  form: string;
  model: string;
  source: string;
  threshold: number;
  images: { image: string; width: number; height: number; [more: string]: unknown }[];
}

const root = join(import.meta.dirname, '..', 'fixtures', 'families');
const names = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'pictures')
  .map(({ name }) => name);
const table = readFileSync(join(root, 'README.md'), 'utf8');

function digestOf(path: string): string {
  return `sha256:${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
}

t.test('there are models of families', (t) => {
  t.ok(names.length > 0, names.join(', '));
  t.end();
});

for (const name of names) {
  t.test(`${name} is whole and small`, (t) => {
    const folder = join(root, name);
    t.strictSame(readdirSync(folder).sort(), FILES);
    for (const file of FILES) t.ok(statSync(join(folder, file)).size <= MOST_BYTES, file);
    const reference: Reference = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8'));
    t.equal(`${reference.family}-${reference.form}`, name);
    t.equal(reference.model, digestOf(join(folder, 'model.onnx')), 'the results are those of this model');
    t.ok(parseInferCfg(readFileSync(join(folder, 'infer_cfg.yml'), 'utf8'), name).labels.length > 0);
    t.ok(reference.images.length > 0);
    for (const { image } of reference.images) t.ok(existsSync(join(root, 'pictures', image)), image);
    t.match(table, `| ${name} |`);
    t.end();
  });
}

t.test('every model in the table is there, or the table says why not', (t) => {
  const [made = '', missing = ''] = table.split('## Not exportable');
  const listed = (text: string) =>
    [...text.matchAll(/^\| ([a-z][a-z0-9-]+) \|/gm)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'fixture');
  t.strictSame(listed(made).sort(), [...names].sort());
  for (const name of listed(missing)) t.notOk(existsSync(join(root, name, 'model.onnx')), name);
  t.end();
});

t.test('all models together stay small', (t) => {
  const sizes = names.flatMap((name) => FILES.map((file) => statSync(join(root, name, file)).size));
  t.ok(sizes.reduce((sum, size) => sum + size, 0) <= MOST_BYTES_TOGETHER);
  t.end();
});
