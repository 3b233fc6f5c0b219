/** What engine a model wants. */
import t from 'tap';
import { parseInferCfg } from '../../dist/bundle/infer-cfg.js';
import { engineRequest } from '../../dist/engines/engine-request.js';
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
