/** Manifests of engines: what is written is read, and nothing else passes for one. */
import t from 'tap';
import { engineManifestText, FILE_NAME, parseEngineManifest } from '../../dist/engines/engine-manifest.js';
import { madeUpFacts, madeUpKey } from '../helpers/made-up-engine.js';

const key = madeUpKey(1);
const digest = `sha256:${'ab'.repeat(32)}`;
const rest = {
  ...madeUpFacts,
  files: [{ name: 'context.onnx', bytes: 12, digest }],
  detectd: '0.1.0',
  created: '2026-01-02T03:04:05.000Z',
};
const text = engineManifestText(key.parts, rest);

/** Why the manifest with this change is refused. */
function refusal(change: Record<string, unknown>): string {
  try {
    parseEngineManifest(JSON.stringify({ ...JSON.parse(text), ...change }), key.digest);
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
}

t.test('what is written is read again', async (t) => {
  t.strictSame(parseEngineManifest(text, key.digest), {
    ...{ format: 1, key: key.digest, parts: key.parts },
    ...rest,
  });
  t.equal(refusal({ unknown: 'of a later version' }), 'accepted');
});

t.test('of a long log the end is kept, of long lines and names the beginning', async (t) => {
  const log = Array.from({ length: 1000 }, (_, at) => `${at} ${'x'.repeat(1000)}`);
  const model = { name: 'n'.repeat(1000), version: '1' };
  const long = { ...rest, model, build: { ...rest.build, log } };
  const read = parseEngineManifest(engineManifestText(key.parts, long), key.digest);
  t.equal(read.build.log.length, 200);
  t.match(read.build.log.at(-1), /^999 x+$/);
  t.equal(read.build.log[0]?.length, 500);
  t.equal(read.model.name.length, 200);
});

t.test('a manifest of another engine or of other parts is refused', async (t) => {
  t.match(refusal({ key: madeUpKey(2).digest }), /is of another engine/);
  t.match(refusal({ parts: madeUpKey(2).parts }), /has parts that are not of its key/);
  t.match(refusal({ parts: key.parts.slice(1) }), /has parts that are not of its key/);
});

t.test('what is no manifest is refused with the place', async (t) => {
  const file = rest.files[0];
  t.match(refusal({ format: 2 }), /"format"/);
  t.match(refusal({ files: [] }), /"files"/);
  t.match(refusal({ files: Array(17).fill(file) }), /"files"/);
  t.match(refusal({ files: [file, file] }), /lists a file twice/);
  t.match(refusal({ files: [{ ...file, bytes: -1 }] }), /"files\.0\.bytes"/);
  t.match(refusal({ files: [{ ...file, bytes: 2 ** 40 }] }), /"files\.0\.bytes"/);
  t.match(refusal({ files: [{ ...file, digest: 'md5:1' }] }), /"files\.0\.digest"/);
  t.match(refusal({ parts: Array(257).fill({ name: 'a', value: 1 }) }), /"parts"/);
  t.match(refusal({ build: undefined }), /"build"/);
  for (const bad of ['', 'null', '[]', '3', '{"format":1}', '{'])
    t.throws(() => parseEngineManifest(bad, key.digest), { message: /^manifest\.json/ }, bad);
});

t.test('nesting without end is no answer either', async (t) => {
  const deep = `${'['.repeat(4e5)}${']'.repeat(4e5)}`;
  const nested = text.replace('"worst": 0.001', `"worst": ${deep}`);
  t.not(nested, text);
  t.throws(() => parseEngineManifest(nested, key.digest));
});

t.test('file names are plain', async (t) => {
  for (const name of ['engine', 'context.onnx', 'model_ort-1.onnx', 'a.b.c']) t.match(name, FILE_NAME);
  for (const name of ['', '.', '..', '.hidden', 'a/b', 'a..b', 'a.', 'a b', 'é', '-n', 'a\n'])
    t.notMatch(name, FILE_NAME, JSON.stringify(name));
});
