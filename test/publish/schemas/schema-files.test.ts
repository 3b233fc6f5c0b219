/** config/schemas/ is what the sources say, whole and without leftovers. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { SCHEMA_VERSION } from '../../../dist/publish/payloads.js';
import { schemaFiles, shapeFile } from '../../../dist/publish/schemas/schema-files.js';

const folder = join(import.meta.dirname, '../../../config');

t.test('every file is what scripts/generate-config writes', (t) => {
  const files = schemaFiles(SCHEMA_VERSION);
  for (const [path, text] of files) {
    const file = join(folder, path);
    t.equal(
      existsSync(file) ? readFileSync(file, 'utf8') : 'missing',
      text,
      `${path}: run scripts/generate-config`,
    );
  }
  const names = files.map(([path]) => path.replace('schemas/', ''));
  t.strictSame(
    readdirSync(join(folder, 'schemas')).sort(),
    [...names, 'versions'].sort(),
    'nothing else is there',
  );
  t.end();
});

t.test('a version is recorded under its number', (t) => {
  const { path, text } = shapeFile('9.8.7');
  t.equal(path, 'schemas/versions/9.8.7.txt');
  t.match(text, /^status\.state string\n/m);
  t.match(text, /^status\.reason\? string\n/m);
  t.match(text, /^status\.state = ready\n/m);
  t.end();
});
