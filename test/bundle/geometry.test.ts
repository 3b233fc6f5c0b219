import t from 'tap';
import {
  ceilTo,
  fixedNetworkSize,
  fixedResizedSize,
  resizeOf,
  roundHalfEven,
} from '../../dist/bundle/geometry.js';
import { parseInferCfg } from '../../dist/bundle/infer-cfg.js';
import { inferCfgText } from '../fixtures/models/infer-cfg-text.js';

const cfgOf = (...steps: string[]) => parseInferCfg(inferCfgText(steps), 'infer_cfg.yml');
const FREE = '{type: Resize, target_size: [20, 30], keep_ratio: false}';
const KEEP = '{type: Resize, target_size: [20, 30]}';

t.test('halves go to the even neighbour, the rest to the nearest', async (t) => {
  const cases = [
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [2.4999, 2],
    [2.5001, 3],
    [-0.5, 0],
    [-1.5, -2],
    [7, 7],
  ] as const;
  for (const [value, rounded] of cases) t.equal(roundHalfEven(value) + 0, rounded, `${value}`);
  t.equal(ceilTo(33, 32), 64);
  t.equal(ceilTo(64, 32), 64);
});

t.test('the size after resizing is fixed only without the aspect ratio', async (t) => {
  t.same(fixedResizedSize(cfgOf(FREE)), { width: 30, height: 20 });
  t.equal(fixedResizedSize(cfgOf(KEEP)), undefined);
  t.equal(fixedResizedSize(cfgOf('{type: Permute}')), undefined);
});

t.test("the network's size counts padding", async (t) => {
  t.same(fixedNetworkSize(cfgOf(FREE)), { width: 30, height: 20 });
  t.same(fixedNetworkSize(cfgOf(FREE, '{type: Permute}', '{type: PadStride, stride: 32}')), {
    width: 32,
    height: 32,
  });
  t.same(fixedNetworkSize(cfgOf(KEEP, '{type: Pad, size: [40, 50]}')), { width: 50, height: 40 });
  t.equal(fixedNetworkSize(cfgOf(KEEP, '{type: Permute}', '{type: PadStride, stride: 32}')), undefined);
  t.same(fixedNetworkSize(cfgOf(FREE, '{type: PadStride, stride: -1}')), { width: 30, height: 20 });
});

t.test('two Resize steps are refused', async (t) => {
  t.throws(() => resizeOf(cfgOf(FREE, KEEP)), { code: 'PREPROCESS_UNSUPPORTED' });
});
