import { createHash } from 'node:crypto';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { create as createTar } from 'tar';
import { openBundle } from '../../dist/bundle/bundle.js';
import { inferCfgText } from '../fixtures/models/infer-cfg-text.js';

const CFG = inferCfgText(['{type: Permute}']);
const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const whole = { 'model.onnx': 'weights', 'infer_cfg.yml': CFG };

t.test('a folder with both files is a bundle', async (t) => {
  const folder = t.testdir(whole);
  const bundle = await openBundle(folder, join(folder, 'scratch'));
  t.match(bundle, { path: folder, folder, modelPath: join(folder, 'model.onnx'), manifest: undefined });
  t.same(bundle.inferCfg.labels, ['person', 'dog']);
  t.match(bundle.digest, /^sha256:[0-9a-f]{64}$/);
  t.equal(bundle.version, bundle.digest.slice(7, 19));
});

t.test('the digest stands for names and contents, wherever they lie', async (t) => {
  let serial = 0;
  const digest = async (files: Record<string, string>) => {
    serial += 1;
    const folder = join(t.testdirName, `${serial}`);
    mkdirSync(folder, { recursive: true });
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    return (await openBundle(folder, join(folder, 's'))).digest;
  };
  t.testdir();
  const first = await digest(whole);
  t.equal(await digest({ ...whole, 'README.md': 'other files do not count' }), first);
  t.not(await digest({ ...whole, 'model.onnx': 'weightz' }), first);
  t.not(await digest({ ...whole, 'infer_cfg.yml': `${CFG}\n` }), first);
  t.not(await digest({ ...whole, 'manifest.json': '{}' }), first);
});

t.test('the manifest names the version and its digests are checked', async (t) => {
  const good = { version: '2.1', digests: { 'model.onnx': sha256('weights'), 'infer_cfg.yml': sha256(CFG) } };
  const folder = t.testdir({ ...whole, 'manifest.json': JSON.stringify(good) });
  const bundle = await openBundle(folder, 's');
  t.equal(bundle.version, '2.1');
  writeFileSync(join(folder, 'model.onnx'), 'changed');
  await t.rejects(openBundle(folder, 's'), {
    code: 'BUNDLE_MANIFEST',
    message: /model\.onnx has the digest/,
  });
  writeFileSync(join(folder, 'manifest.json'), 'no json');
  await t.rejects(openBundle(folder, 's'), { code: 'BUNDLE_MANIFEST' });
});

t.test('missing files are named', async (t) => {
  await t.rejects(openBundle(t.testdir({ 'infer_cfg.yml': CFG }), 's'), {
    code: 'BUNDLE_INCOMPLETE',
    message: /no model\.onnx\.$/,
  });
  await t.rejects(openBundle(t.testdir({ 'model.onnx': '' }), 's'), {
    code: 'BUNDLE_INCOMPLETE',
    message: /no infer_cfg\.yml\.$/,
  });
  await t.rejects(openBundle(t.testdir({}), 's'), {
    code: 'BUNDLE_INCOMPLETE',
    message: /no model\.onnx and no infer_cfg\.yml/,
  });
  await t.rejects(openBundle(t.testdir({ ...whole, 'model.onnx': {} }), 's'), { code: 'BUNDLE_INCOMPLETE' });
});

t.test('what is not there, or is no bundle, is refused', async (t) => {
  const folder = t.testdir({ 'model.onnx': 'weights', 'x.zip': 'PK' });
  await t.rejects(openBundle(join(folder, 'nowhere'), 's'), {
    code: 'BUNDLE_NOT_FOUND',
    message: /does not exist/,
  });
  await t.rejects(openBundle(join(folder, 'model.onnx', 'deeper'), 's'), { code: 'BUNDLE_NOT_FOUND' });
  await t.rejects(openBundle(join(folder, 'model.onnx'), 's'), {
    code: 'BUNDLE_INCOMPLETE',
    hint: /folder or \.tar\.gz/,
  });
  await t.rejects(openBundle(join(folder, 'x.zip'), 's'), { code: 'BUNDLE_INCOMPLETE' });
});

t.test('an infer_cfg.yml that is broken or enormous is refused', async (t) => {
  await t.rejects(openBundle(t.testdir({ ...whole, 'infer_cfg.yml': 'a: [' }), 's'), {
    code: 'INFER_CFG_INVALID',
    message: /infer_cfg\.yml/,
  });
  const folder = t.testdir(whole);
  truncateSync(join(folder, 'infer_cfg.yml'), 2 ** 34);
  await t.rejects(openBundle(folder, 's'), { code: 'BUNDLE_NOT_FOUND', message: /larger than/ });
});

t.test('a model larger than ONNX allows is refused before it is read', async (t) => {
  const folder = t.testdir(whole);
  truncateSync(join(folder, 'model.onnx'), 2 ** 31);
  await t.rejects(openBundle(folder, 's'), { code: 'MODEL_NOT_ONNX', message: /2 GiB/ });
});

for (const [name, entries] of Object.entries({
  'of the files': ['model.onnx', 'infer_cfg.yml'],
  'of a folder': ['.'],
})) {
  t.test(`an archive ${name} has the digest of the folder`, async (t) => {
    const root = t.testdir({ bundle: whole });
    const cwd = join(root, 'bundle');
    await createTar({ gzip: true, file: join(root, 'b.tar.gz'), cwd }, entries);
    await createTar({ gzip: true, file: join(root, 'c.tgz'), cwd: root }, ['bundle']);
    const { digest } = await openBundle(cwd, join(root, 's'));
    for (const archive of ['b.tar.gz', 'c.tgz']) {
      const bundle = await openBundle(join(root, archive), join(root, 's'));
      t.equal(bundle.digest, digest);
      t.ok(bundle.modelPath.startsWith(join(root, 's')));
    }
  });
}

t.test('an archive without the files is incomplete', async (t) => {
  const root = t.testdir({ a: { 'model.onnx': 'x' } });
  await createTar({ gzip: true, file: join(root, 'b.tgz'), cwd: join(root, 'a') }, ['model.onnx']);
  await t.rejects(openBundle(join(root, 'b.tgz'), join(root, 's')), {
    code: 'BUNDLE_INCOMPLETE',
    message: /infer_cfg\.yml/,
  });
});
