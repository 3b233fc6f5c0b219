import t from 'tap';
import { parseInferCfg } from '../../../dist/bundle/infer-cfg.js';
import { BEST_SCORES, type TensorSpec } from '../../../dist/core/prepared-graph.js';
import { isBoxesAndScores, scoredBoxes } from '../../../dist/inference/decoders/scored-forms.js';
import { inferCfgText } from '../../fixtures/models/infer-cfg-text.js';

const spec = (dims: (number | null)[], name = 'out'): TensorSpec => ({ name, type: 'float32', dims });
const inferCfg = (arch = 'YOLO') =>
  parseInferCfg(
    inferCfgText(['{type: Permute}'], ['a', 'b']).replace('arch: PicoDet', `arch: ${arch}`),
    'infer_cfg.yml',
  );
const options = { threshold: 0.5, labels: ['a', 'b'] };
const APART = [spec([1, 8400, 4]), spec([1, 2, 8400])];

t.test('boxes and scores of the same anchors are known, fixed or not', async (t) => {
  t.ok(isBoxesAndScores(APART));
  t.ok(isBoxesAndScores([spec([1, null, 4]), spec([1, 2, null])]));
  t.notOk(isBoxesAndScores([spec([1, 8400, 4]), spec([1, 2, 8401])]));
  t.notOk(isBoxesAndScores([spec([1, 8400, 4])]));
  t.notOk(isBoxesAndScores([spec([1, 8400, 4]), { ...spec([1, 2, 8400]), type: 'float16' }]));
});

t.test('each has the numbers of its own post-processing', async (t) => {
  t.match(scoredBoxes(APART, inferCfg(), options), {
    ...{ scoreThreshold: 0.01, iouThreshold: 0.7, enterPerClass: 1000, keep: 300, bestOutput: undefined },
    form: { layout: 'apart', pixels: 'original', clipped: false, anchors: 8400 },
  });
  t.match(scoredBoxes(APART, inferCfg('PicoDet'), options), {
    ...{ iouThreshold: 0.5, enterPerClass: 200, keepPerClass: 100 },
    form: { pixels: 'network', clipped: true },
  });
  t.match(scoredBoxes([spec([1, 8400, 6])], inferCfg(), options), {
    form: { layout: 'rows', pixels: 'network', anchors: 8400 },
  });
});

t.test('the best scores are found where there are any', async (t) => {
  const found = scoredBoxes([...APART, spec([1, 8400], BEST_SCORES)], inferCfg(), options);
  t.equal(found?.bestOutput, 2);
});

t.test('another number of classes is told, other shapes are not for it', async (t) => {
  const other = [spec([1, 8400, 4]), spec([1, 3, 8400])];
  t.throws(() => scoredBoxes(other, inferCfg(), options), { code: 'INFER_CFG_LABELS' });
  for (const outputs of [[], [spec([300, 6])], [spec([1, 6, 8400])], [spec([1, 8400, 7])]])
    t.equal(scoredBoxes(outputs, inferCfg(), options), undefined);
});
