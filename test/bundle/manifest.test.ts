import t from 'tap';
import { checkDigest, parseManifest } from '../../dist/bundle/manifest.js';

const DIGEST = `sha256:${'0'.repeat(64)}`;
const bad = { code: 'BUNDLE_MANIFEST' };

t.test('reads what is known and tolerates the rest', async (t) => {
  const text = JSON.stringify({
    name: 'p',
    version: '1.2',
    licence: 'MIT',
    digests: { 'model.onnx': DIGEST },
    more: 1,
  });
  t.same(parseManifest(text, 'm'), {
    name: 'p',
    version: '1.2',
    licence: 'MIT',
    digests: { 'model.onnx': DIGEST },
  });
  t.same(parseManifest('{}', 'm'), { name: undefined, version: undefined, licence: undefined, digests: {} });
});

t.test('refuses what cannot be understood, naming the key', async (t) => {
  t.throws(() => parseManifest('{', 'manifest.json'), {
    ...bad,
    message: /^manifest.json is not valid JSON/,
  });
  t.throws(() => parseManifest('[]', 'm'), bad);
  t.throws(() => parseManifest('null', 'm'), bad);
  t.throws(() => parseManifest('{"version": 3}', 'm'), { ...bad, message: /"version"/ });
  t.throws(() => parseManifest('{"digests": {"model.onnx": "md5:1"}}', 'm'), {
    ...bad,
    message: /"digests.model.onnx"/,
  });
});

t.test('another digest than promised is refused with both', async (t) => {
  const manifest = parseManifest(JSON.stringify({ digests: { 'model.onnx': DIGEST } }), 'm');
  t.throws(() => checkDigest(manifest, 'model.onnx', `sha256:${'1'.repeat(64)}`, 'x'), {
    ...bad,
    message: /1{64}.*0{64}/,
  });
  t.doesNotThrow(() => checkDigest(manifest, 'model.onnx', DIGEST, 'x'));
  t.doesNotThrow(() => checkDigest(manifest, 'infer_cfg.yml', 'sha256:anything', 'x'));
  t.doesNotThrow(() => checkDigest(manifest, 'constructor', 'sha256:anything', 'x'));
});
