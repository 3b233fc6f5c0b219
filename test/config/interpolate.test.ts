/** Replacing placeholders: from where, with what bounds, and what is remembered of it. */
import t from 'tap';
import { interpolate } from '../../dist/config/interpolate.js';
import { memoryFiles } from '../helpers/memory-files.js';

const run = (tree: unknown, env: NodeJS.ProcessEnv = {}, files: Record<string, string | Uint8Array> = {}) =>
  interpolate(tree, { env, folder: '/etc/detectd', readFile: memoryFiles(files) });

t.test('values are replaced at any depth, keys never', async (t) => {
  const { value, expanded, findings } = await run(
    { [`\${A}`]: [`x\${A}`, { b: `\${A}` }, 5, true], n: `$\${A}` },
    { A: 'val' },
  );
  t.strictSame(value, { [`\${A}`]: ['xval', { b: 'val' }, 5, true], n: `\${A}` });
  t.strictSame(expanded, [
    { path: [`\${A}`, 0], values: ['val'], whole: false },
    { path: [`\${A}`, 1, 'b'], values: ['val'], whole: true },
  ]);
  t.strictSame(findings, []);
});

t.test('what a placeholder yields is not looked at again', async (t) => {
  const { value } = await run({ a: `\${A}` }, { A: `\${B}`, B: 'never' });
  t.strictSame(value, { a: `\${B}` });
});

t.test('files lose one line end, and may be named by variables', async (t) => {
  const files = { '/etc/detectd/pw': 'a\nb\r\n', '/run/x/pw': 'c\n\n' };
  const { value } = await run({ a: `\${file:pw}`, b: `\${file:\${DIR}/pw}` }, { DIR: '/run/x' }, files);
  t.strictSame(value, { a: 'a\nb', b: 'c\n' });
  const nested = await run({ a: `\${file:\${file:x}}`, b: `\${file:\${NOPE}/x}` });
  t.match(nested.findings, [
    { path: ['a'], message: 'holds a secret inside the path of another' },
    { path: ['b'], message: 'environment variable "NOPE" is not set' },
  ]);
});

t.test('names that every object has are no variables', async (t) => {
  const { findings } = await run({ a: `\${constructor}`, b: `\${__proto__}` });
  t.equal(findings.length, 2);
});

t.test('a key named __proto__ stays a key', async (t) => {
  const { value } = await run(JSON.parse('{"__proto__": {"polluted": true}}'));
  t.strictSame(Object.keys(value as object), ['__proto__']);
  t.equal((value as { polluted?: boolean }).polluted, undefined);
});

t.test('an empty section is an empty mapping, an empty value stays empty', async (t) => {
  const { value } = await run({ mqtt: null, cameras: { gate: null }, log: { level: null }, other: null });
  t.strictSame(value, { mqtt: {}, cameras: { gate: {} }, log: { level: null }, other: null });
});

t.test('a value that holds itself, and one without end, are named and not followed', async (t) => {
  const cameras: Record<string, unknown> = { gate: { model: 'people' } };
  cameras['x'] = { y: [cameras] };
  t.match(await run({ cameras }), {
    value: undefined,
    findings: [
      {
        path: ['cameras', 'x', 'y', 0],
        message: '"cameras.x.y[0]" is an alias of a value that it is a part of',
      },
    ],
  });
  let deep: unknown = 'x';
  for (let level = 0; level < 10_000; level++) deep = [deep];
  t.match(await run({ a: deep }), { value: undefined, findings: [{ message: /nested too deeply$/ }] });
  const shared = { fps: 5 };
  const { value } = await run({ a: shared, b: [shared, shared] });
  t.strictSame(value, { a: shared, b: [shared, shared] }, 'an alias beside its value is no cycle');
});

t.test('every placeholder of a value that cannot be read is reported', async (t) => {
  const tree = { a: `\${A}-\${B}-\${C}`, b: `\${file:\${D}/\${E}}` };
  const { value, expanded, findings } = await run(tree, { B: 'b' });
  t.strictSame(value, tree);
  t.strictSame(expanded, []);
  t.strictSame(
    findings.map(({ path, message }) => [path[0], message]),
    [
      ['a', 'environment variable "A" is not set'],
      ['a', 'environment variable "C" is not set'],
      ['b', 'environment variable "D" is not set'],
      ['b', 'environment variable "E" is not set'],
    ],
  );
});
