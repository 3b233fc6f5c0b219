import t from 'tap';
import type { TensorSpec, TensorType } from '../../dist/core/prepared-graph.js';
import { classifyInputs, describeTensor } from '../../dist/graph/model-inputs.js';

const spec = (name: string, dims: (number | null)[], type: TensorType = 'float32'): TensorSpec => ({
  name,
  type,
  dims,
});
const image = spec('image', [1, 3, 416, 416]);

t.test('the picture and what goes with it are told apart by name', async (t) => {
  const inputs = [
    spec('im_shape', [null, 2]),
    spec('image', [null, 3, null, 640]),
    spec('scale_factor', [1, 2]),
  ];
  t.same(classifyInputs(inputs, 'm'), {
    image: { name: 'image', height: null, width: 640 },
    auxiliary: [
      { name: 'im_shape', meaning: 'im_shape' },
      { name: 'scale_factor', meaning: 'scale_factor' },
    ],
  });
});

t.test('an only input is the picture whatever its name', async (t) => {
  t.equal(classifyInputs([spec('data', [1, 3, 8, 8])], 'm').image.name, 'data');
});

const REFUSED: Record<string, { inputs: TensorSpec[]; named: RegExp }> = {
  'no input': { inputs: [], named: /no input for a picture/ },
  'no picture': { inputs: [spec('im_shape', [1, 2])], named: /no input for a picture/ },
  'an unknown input': {
    inputs: [image, spec('pre_hm', [1, 1, 4, 4])],
    named: /"pre_hm" float32 \[1,1,4,4\]/,
  },
  'two pictures': { inputs: [image, spec('x', [1, 3, 8, 8])], named: /"x"/ },
  'rank 3': { inputs: [spec('image', [3, 416, 416])], named: /"image" float32 \[3,416,416\]/ },
  'channels last': { inputs: [spec('image', [1, 416, 416, 3])], named: /not 3 channels first/ },
  bytes: { inputs: [spec('image', [1, 3, 8, 8], 'uint8')], named: /uint8/ },
  'a batch of four': { inputs: [spec('image', [4, 3, 8, 8])], named: /batch/ },
  'a strange im_shape': { inputs: [image, spec('im_shape', [1, 3])], named: /"im_shape" float32 \[1,3\]/ },
  'a whole-number scale_factor': {
    inputs: [image, spec('scale_factor', [1, 2], 'int32')],
    named: /"scale_factor" int32/,
  },
};

for (const [name, { inputs, named }] of Object.entries(REFUSED)) {
  t.test(`refuses ${name}`, async (t) => {
    t.throws(() => classifyInputs(inputs, 'model.onnx'), { code: 'MODEL_INPUT', message: named });
  });
}

t.test('open dimensions are shown as question marks', async (t) => {
  t.equal(describeTensor(spec('x', [null, 3])), '"x" float32 [?,3]');
});
