import t from 'tap';
import { parseInferCfg } from '../../dist/bundle/infer-cfg.js';
import type { PreparedGraph, TensorValue } from '../../dist/core/prepared-graph.js';
import { requireBatches } from '../../dist/graph/batch-trial.js';
import { inferCfgText } from '../fixtures/models/infer-cfg-text.js';

const steps = ['{type: Resize, target_size: [4, 4], keep_ratio: false, interp: 2}', '{type: Permute}'];
const cfg = parseInferCfg(inferCfgText(steps), 'infer_cfg.yml');
const graph: PreparedGraph = {
  model: new Uint8Array(),
  mode: 'live',
  format: 'RGB',
  imageInput: 'picture',
  networkWidth: 4,
  networkHeight: 4,
  auxiliaryInputs: [{ name: 'scale_factor', meaning: 'scale_factor' }],
  outputs: [
    { name: 'y', type: 'float32', dims: [null, 2] },
    { name: 'count', type: 'int64', dims: [null] },
  ],
  notes: [],
};

/** The first grey level of each picture and its vertical scale, and a count. */
function network(change: (outputs: [TensorValue, TensorValue], pictures: number) => void = () => {}) {
  return async (feeds: Record<string, TensorValue>): Promise<TensorValue[]> => {
    const { picture, scale_factor: scale } = feeds as Record<string, TensorValue>;
    const pictures = picture?.dims[0] ?? 0;
    t.same(
      [picture?.dims, scale?.dims],
      [
        [pictures, 4, 4, 3],
        [pictures, 2],
      ],
    );
    const rows = Array.from({ length: pictures }, (_, i) => [picture?.data[i * 48 + 47], scale?.data[2 * i]]);
    const outputs: [TensorValue, TensorValue] = [
      { type: 'float32', data: Float32Array.from(rows.flat().map(Number)), dims: [pictures, 2] },
      { type: 'int64', data: new BigInt64Array(pictures).fill(1n), dims: [pictures] },
    ];
    change(outputs, pictures);
    return outputs;
  };
}

t.test('pictures that give together what they give apart may be batched', async (t) => {
  await t.resolves(requireBatches({ graph, cfg, run: network(), where: 'model.onnx' }));
  const nan = network(([y]) => {
    y.data[0] = Number.NaN;
    if (y.data.length === 4) y.data[2] = Number.NaN;
  });
  await t.resolves(requireBatches({ graph, cfg, run: nan, where: 'model.onnx' }), 'no number is no number');
});

const FAULTS: [string, Parameters<typeof network>[0], RegExp][] = [
  [
    'fails',
    (_, pictures) => {
      if (pictures === 2) throw new Error('Reshape: 2 into 1.');
    },
    /cannot take batches: Reshape: 2 into 1\./,
  ],
  [
    'gives another shape',
    ([y], pictures) => {
      y.dims = [1, 2 * pictures];
    },
    /"y" is \[1,4\] instead of \[2,2\]/,
  ],
  [
    'mixes pictures',
    ([y], pictures) => {
      if (pictures === 2) y.data.reverse();
    },
    /"y" holds .* where one of them alone gives/,
  ],
  [
    'counts otherwise',
    ([, count], pictures) => {
      if (pictures === 2) count.data[1] = 2n;
    },
    /"count" holds 2 where one of them alone gives 1/,
  ],
];
for (const [what, change, message] of FAULTS) {
  t.test(`a graph that ${what} is refused`, async (t) => {
    const run = network(change);
    await t.rejects(requireBatches({ graph, cfg, run, where: 'model.onnx' }), {
      code: 'MODEL_INPUT',
      message,
      hint: /batches of 1/,
    });
  });
}

t.test('one that does not even take one picture is not blamed on batches', async (t) => {
  const run = network((_, pictures) => {
    if (pictures === 1) throw new RangeError('no memory');
  });
  await t.rejects(requireBatches({ graph, cfg, run, where: 'model.onnx' }), RangeError);
});
