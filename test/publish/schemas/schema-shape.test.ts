/** Versions of the schemas: what a change asks for, and that the present version is right after those before it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { SCHEMA_VERSION } from '../../../dist/publish/payloads.js';
import { schemaShape, shapeChange, versionFault } from '../../../dist/publish/schemas/schema-shape.js';

const folder = join(import.meta.dirname, '../../../config/schemas/versions');
const read = (version: string) =>
  readFileSync(join(folder, `${version}.txt`), 'utf8')
    .trimEnd()
    .split('\n');
const inOrder = (versions: string[]) => versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));

t.test('the schemas are what is recorded of their version', (t) => {
  const { breaking, added } = shapeChange(read(SCHEMA_VERSION), schemaShape());
  const way =
    'raise SCHEMA_VERSION in src/publish/payloads.ts and run scripts/generate-config; or, if nobody has this version yet, scripts/generate-config --unreleased';
  t.strictSame(breaking, [], `nothing went from ${SCHEMA_VERSION}, else: ${way}`);
  t.strictSame(added, [], `nothing came to ${SCHEMA_VERSION}, else: ${way}`);
  t.end();
});

t.test('every version goes as far up as its changes ask for', (t) => {
  const versions = inOrder(readdirSync(folder).map((name) => name.replace(/\.txt$/, '')));
  t.equal(versions.at(-1), SCHEMA_VERSION);
  for (const [index, version] of versions.entries()) {
    const before = versions[index - 1];
    if (before === undefined) continue;
    t.equal(versionFault(before, version, shapeChange(read(before), read(version))), undefined);
  }
  t.end();
});

t.test('a field that goes, changes, or may be missing from now on breaks readers', (t) => {
  const before = ['status.a string', 'status.b? number', 'status.c = x'];
  for (const after of [
    ['status.b? number', 'status.c = x'],
    ['status.a number', 'status.b? number', 'status.c = x'],
    ['status.a? string', 'status.b? number', 'status.c = x'],
  ])
    t.strictSame(shapeChange(before, after).breaking, ['status.a string'], after.join());
  const fault = versionFault('1.2.0', '1.3.0', shapeChange(before, before.slice(1)));
  t.match(fault, /readers of 1\.2\.0 could break.*major.*status\.a string/);
  t.equal(versionFault('1.2.0', '2.0.0', shapeChange(before, before.slice(1))), undefined);
  t.end();
});

t.test('a field that comes, or is there for certain from now on, is a minor change', (t) => {
  const before = ['status.a string', 'status.b? number'];
  const change = shapeChange(before, ['status.a string', 'status.b number', 'status.z? string']);
  t.strictSame(change, { breaking: [], added: ['status.b number', 'status.z? string'] });
  t.match(versionFault('1.2.0', '1.2.1', change), /minor number must go up.*status\.z/);
  t.equal(versionFault('1.2.0', '1.3.0', change), undefined);
  t.equal(versionFault('1.2.0', '2.0.0', change), undefined);
  t.equal(versionFault('1.2.0', '1.2.1', { breaking: [], added: [] }), undefined);
  t.end();
});

t.test('of what others send to us it is the other way round', (t) => {
  const before = ['desired.a integer', 'desired.b? string'];
  t.strictSame(shapeChange(before, ['desired.a integer', 'desired.b string']).breaking, [
    'desired.b? string',
    'desired.b string',
  ]);
  t.strictSame(shapeChange(before, ['desired.a? integer', 'desired.b? string']).breaking, []);
  t.strictSame(shapeChange(before, [...before, 'desired.c? string', 'desired.d = x']).breaking, []);
  t.strictSame(shapeChange(before, [...before, 'desired.c string']).breaking, ['desired.c string']);
  t.end();
});
