/** What engine a model wants. */
import t from 'tap';
import { parseInferCfg } from '../../dist/bundle/infer-cfg.js';
import { batchShapes, engineRequest } from '../../dist/engines/engine-request.js';
import { inferCfgText } from '../fixtures/models/infer-cfg-text.js';

const steps = ['{type: Resize, target_size: [320, 416], keep_ratio: false, interp: 2}', '{type: Permute}'];
const inferCfg = parseInferCfg(inferCfgText(steps), 'infer_cfg.yml');
const wanted = {
  bundle: { digest: `sha256:${'ab'.repeat(32)}`, inferCfg },
  provider: 'tensorrt',
  precision: 'fp16',
  mode: 'live',
  format: 'RGB',
  preparation: 7,
} as const;

t.test('pictures have the size of the network, or any', async (t) => {
  t.strictSame(engineRequest(wanted), {
    bundleDigest: wanted.bundle.digest,
    preparation: 7,
    provider: 'tensorrt',
    precision: 'fp16',
    shapes: { picture: [1, 320, 416, 3] },
    flags: { mode: 'live', format: 'RGB' },
  });
  t.match(engineRequest({ ...wanted, format: 'RGBA' }), { shapes: { picture: [1, 320, 416, 4] } });
  t.strictSame(engineRequest({ ...wanted, mode: 'exact' }).shapes, {});
});

t.test('the precision is none of the CPU', async (t) => {
  t.equal(engineRequest({ ...wanted, provider: 'cpu' }).precision, 'fp32');
  t.equal(engineRequest({ ...wanted, provider: 'cuda' }).precision, 'fp16');
});

t.test('an engine for batches ranges from one picture to all', async (t) => {
  t.strictSame(engineRequest({ ...wanted, maxBatch: 4 }).shapes, {
    picture: { min: [1, 320, 416, 3], opt: [4, 320, 416, 3], max: [4, 320, 416, 3] },
  });
  t.strictSame(engineRequest({ ...wanted, maxBatch: 1 }), engineRequest(wanted), 'the same engine as ever');
  t.strictSame(engineRequest({ ...wanted, mode: 'exact', maxBatch: 4 }).shapes, {});
});

t.test('every input that counts pictures gets a shape', async (t) => {
  const inputs = [
    { name: 'picture', type: 'uint8', dims: [null, 8, 8, 3] },
    { name: 'scale_factor', type: 'float32', dims: [null, 2] },
    { name: 'fixed', type: 'float32', dims: [1, 2] },
    { name: 'more', type: 'float32', dims: [null, null] },
  ] as const;
  const specs = inputs.map((input) => ({ ...input, dims: [...input.dims] }));
  t.strictSame(batchShapes(specs, 2), {
    picture: { min: [1, 8, 8, 3], opt: [2, 8, 8, 3], max: [2, 8, 8, 3] },
    scale_factor: { min: [1, 2], opt: [2, 2], max: [2, 2] },
  });
  t.strictSame(batchShapes(specs, 1)['picture'], [1, 8, 8, 3]);
});
