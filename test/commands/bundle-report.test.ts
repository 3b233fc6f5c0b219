/** What a bundle is said to be. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { reportBundle } from '../../dist/commands/bundle-report.js';
import { FLOAT, valueInfo } from '../../dist/graph/tensors.js';
import { bytesOf, node, tinyModel } from '../fixtures/models/tiny-model.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';

async function report(t: Test, change: (folder: string) => void = () => {}) {
  const root = t.testdir({});
  const folder = tinyBundle(join(root, 'bundle'));
  change(folder);
  return reportBundle(folder, join(root, 'scratch'));
}

function digestOf(path: string): string {
  return `sha256:${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
}

t.test('model, classes, pre-processing, files and what preparing changes', async (t) => {
  const found = await report(t);
  t.match(found, {
    ...{ archive_bytes: null, name: null, licence: null, manifest: null, samples: null, problems: [] },
    digest: /^sha256:[0-9a-f]{64}$/,
    family: 'boxes with post-processing',
    labels: ['thing'],
    infer_cfg: { arch: 'PicoDet', metric: 'COCO', nms: null, unknown_keys: [] },
    files: [{ path: 'infer_cfg.yml', listed: false }, { path: 'model.onnx' }],
    prepared: { mode: 'live', network: [32, 32], notes: [/pre-processing moved into the graph: Resize/] },
  });
  t.strictSame(found.preprocess[0], {
    ...{ type: 'Resize', height: 32, width: 32, keep_ratio: false, interp: 2 },
  });
  t.match(found.model, {
    ...{ ir_version: 7, opsets: { 'ai.onnx': 11 }, nodes: 6 },
    inputs: [{ name: 'image', type: 'float32', dims: [1, 3, 32, 32] }],
    outputs: [{ name: 'rows' }, { name: 'count', type: 'int32' }],
  });
  t.equal((found.prepared?.nodes ?? 0) > 6, true);
});

t.test('files are held against the manifest', async (t) => {
  const found = await report(t, (folder) => {
    writeFileSync(join(folder, 'README.md'), 'new');
    writeFileSync(join(folder, 'card.md'), 'changed');
    const digests = {
      'model.onnx': digestOf(join(folder, 'model.onnx')),
      'card.md': `sha256:${'0'.repeat(64)}`,
      'gone.txt': `sha256:${'0'.repeat(64)}`,
    };
    const manifest = { name: 'things', version: '7', licence: 'MIT', digests, source: { commit: 'c' } };
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    symlinkSync('card.md', join(folder, 'link.md'));
  });
  t.match(found, { name: 'things', version: '7', licence: 'MIT', manifest: { source: { commit: 'c' } } });
  const listed = found.files.filter((file) => file.listed).map(({ path }) => path);
  t.strictSame(listed, ['model.onnx']);
  t.strictSame(found.odd_files, ['link.md']);
  t.match(found.problems, [
    { code: 'BUNDLE_MANIFEST', message: /^card\.md of .*bundle is not the file/ },
    { code: 'BUNDLE_MANIFEST', message: /lists gone\.txt, which is not there/ },
    { code: 'BUNDLE_ARCHIVE', message: /bundle holds "link\.md", which is no ordinary file\.$/ },
  ]);
  t.equal(found.problems.length, 3);
});

t.test('samples are counted, and one that is missing is a problem', async (t) => {
  const expected = {
    threshold: 0.4,
    images: [{ image: 'a.jpg', width: 4, height: 3, detections: [] }],
  };
  const withSamples = (pictures: string[]) => (folder: string) => {
    mkdirSync(join(folder, 'samples'));
    writeFileSync(join(folder, 'samples/expected.json'), JSON.stringify(expected));
    for (const picture of pictures) writeFileSync(join(folder, 'samples', picture), '');
  };
  const whole = await report(t, withSamples(['a.jpg']));
  t.strictSame(whole.samples, { pictures: 1, detections: 0, threshold: 0.4, tool: null });
  t.strictSame(whole.problems, []);
  const missing = await report(t, withSamples([]));
  t.match(missing.problems, [{ code: 'BUNDLE_SAMPLES', message: /names a\.jpg, which is not there/ }]);
});

t.test('what cannot be used is still described', async (t) => {
  const mask = tinyModel({
    nodes: [node('Identity', ['image'], ['heat'])],
    inputs: [valueInfo('image', FLOAT, [1, 3, 32, 32])],
    outputs: [valueInfo('heat', FLOAT, [1, 3, 32, 32])],
  });
  const family = await report(t, (folder) => writeFileSync(join(folder, 'model.onnx'), bytesOf(mask)));
  t.match(family, { family: null, prepared: { mode: 'live' }, problems: [{ code: 'MODEL_FAMILY' }] });
  const junk = await report(t, (folder) => writeFileSync(join(folder, 'model.onnx'), 'junk'));
  t.match(junk, { family: null, prepared: null, model: null, problems: [{ code: 'MODEL_NOT_ONNX' }] });
  t.equal(junk.problems.length, 1);
});

t.test('everything that is wrong is named, not only what is read first', async (t) => {
  const broken = await report(t, (folder) => {
    writeFileSync(join(folder, 'infer_cfg.yml'), 'arch: [');
    writeFileSync(join(folder, 'model.onnx'), readFileSync(join(folder, 'model.onnx')).subarray(0, 200));
    mkdirSync(join(folder, 'samples'));
    writeFileSync(join(folder, 'samples/expected.json'), '{');
  });
  t.match(broken, { infer_cfg: null, labels: [], preprocess: [], model: null, samples: null });
  const codes = (problems: { code: string }[]) => problems.map(({ code }) => code);
  t.strictSame(codes(broken.problems), ['INFER_CFG_INVALID', 'MODEL_NOT_ONNX', 'BUNDLE_SAMPLES']);

  const unlike = await report(t, (folder) => {
    const digests = Object.fromEntries(
      ['model.onnx', 'card.md', 'gone.txt'].map((name) => [name, `sha256:${'0'.repeat(64)}`]),
    );
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ name: 'things', digests }));
    writeFileSync(join(folder, 'card.md'), 'changed');
    writeFileSync(join(folder, 'model.onnx'), 'cut off');
  });
  t.match(unlike.problems, [
    { code: 'BUNDLE_MANIFEST', message: /model\.onnx has the digest/ },
    { code: 'BUNDLE_MANIFEST', message: /^card\.md of/ },
    { code: 'BUNDLE_MANIFEST', message: /lists gone\.txt/ },
    { code: 'MODEL_NOT_ONNX' },
  ]);
  t.equal(unlike.problems.length, 4);
  t.equal(unlike.name, 'things');

  const manifest = await report(t, (folder) => {
    writeFileSync(join(folder, 'manifest.json'), '{');
    writeFileSync(join(folder, 'model.onnx'), 'cut off');
  });
  t.strictSame(codes(manifest.problems), ['BUNDLE_MANIFEST', 'MODEL_NOT_ONNX']);
});

t.test('what is no bundle at all is thrown', async (t) => {
  const folder = t.testdir({});
  await t.rejects(reportBundle(folder, folder), { code: 'BUNDLE_INCOMPLETE' });
  await t.rejects(reportBundle(join(folder, 'none'), folder), { code: 'BUNDLE_NOT_FOUND' });
});
