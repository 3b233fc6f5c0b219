import t from 'tap';
import { isPreprocessType, PREPROCESS_TYPES, preprocessSchema } from '../../dist/bundle/preprocess-op.js';

const DEFAULTS: Record<string, { given: object; read: object }> = {
  Resize: { given: { target_size: 8 }, read: { height: 8, width: 8, keepRatio: true, interp: 1 } },
  NormalizeImage: {
    given: { mean: [1, 2, 3], std: [1, 1, 1] },
    read: { mean: [1, 2, 3], std: [1, 1, 1], isScale: true, normType: 'mean_std' },
  },
  Permute: { given: {}, read: {} },
  PadStride: { given: {}, read: { stride: 0 } },
  Pad: { given: { size: [4, 6] }, read: { height: 4, width: 6, fill: [114, 114, 114] } },
  LetterBoxResize: { given: { target_size: [4, 6] }, read: { height: 4, width: 6 } },
  Resize_Mult32: {
    given: { limit_side_len: 512, limit_type: 'max' },
    read: { limitSideLength: 512, interp: 1 },
  },
  WarpAffine: { given: {}, read: { keepRes: false, pad: 31, height: 512, width: 512, downRatio: 4 } },
  TopDownEvalAffine: { given: { trainsize: [192, 256] }, read: { width: 192, height: 256, useUdp: false } },
  EvalAffine: { given: { size: 512 }, read: { size: 512, stride: 64 } },
  CULaneResize: {
    given: { img_h: 320, img_w: 800, cut_height: 270 },
    read: { height: 320, width: 800, cutHeight: 270 },
  },
};

for (const type of PREPROCESS_TYPES) {
  t.test(`${type} has the defaults of the deployed code`, async (t) => {
    const example = DEFAULTS[type];
    t.ok(example, 'the test knows the step');
    t.match(preprocessSchema(type).parse({ type, ...example?.given }), { type, ...example?.read });
  });
}

t.test('names that every object has are no steps', async (t) => {
  t.notOk(isPreprocessType('toString'));
  t.ok(isPreprocessType('Resize'));
});
