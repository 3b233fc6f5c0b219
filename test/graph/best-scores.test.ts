import t from 'tap';
import { BEST_SCORES } from '../../dist/core/prepared-graph.js';
import { addBestScores } from '../../dist/graph/best-scores.js';
import { FLOAT, INT64, valueInfo } from '../../dist/graph/tensors.js';
import { bytesOf, node, runModel, tinyModel } from '../fixtures/models/tiny-model.js';

type TensorType = Parameters<typeof valueInfo>[1];
type Dims = (number | string)[];

/** Gives its inputs back: scores of two levels, then distances. */
function model(dims: Dims[], opset = 11, type: TensorType = FLOAT) {
  return tinyModel({
    nodes: dims.map((_, at) => node('Identity', [`x${at}`], [`y${at}`])),
    inputs: dims.map((shape, at) => valueInfo(`x${at}`, type, shape)),
    outputs: dims.map((shape, at) => valueInfo(`y${at}`, type, shape)),
    opset,
  });
}
const PICODET: Dims[] = [
  [1, 3, 2],
  [1, 1, 2],
  [1, 3, 8],
  [1, 1, 8],
];
const tensor = (data: number[], dims: number[]) => ({
  type: 'float32',
  data: Float32Array.from(data),
  dims,
});

for (const opset of [11, 13, 18]) {
  t.test(`the best score of each anchor is an output, level after level, at opset ${opset}`, async (t) => {
    const tiny = model(PICODET, opset);
    t.equal(addBestScores(tiny, 2), true);
    const outputs = await runModel(bytesOf(tiny), {
      x0: tensor([0.1, 0.2, 0.9, 0.3, 0, 0], [1, 3, 2]),
      x1: tensor([0.4, 0.5], [1, 1, 2]),
      x2: tensor(new Array<number>(24).fill(7), [1, 3, 8]),
      x3: tensor(new Array<number>(8).fill(7), [1, 1, 8]),
    });
    t.same(Object.keys(outputs), ['y0', 'y1', 'y2', 'y3', BEST_SCORES]);
    t.same(outputs[BEST_SCORES]?.dims, [1, 4]);
    t.same(outputs[BEST_SCORES]?.data, Float32Array.from([0.2, 0.9, 0, 0.5]));
  });
}

for (const opset of [11, 18]) {
  t.test(`so it is where boxes and scores of all anchors stand apart, at opset ${opset}`, async (t) => {
    const tiny = model(
      [
        [1, 3, 4],
        [1, 2, 3],
      ],
      opset,
    );
    t.equal(addBestScores(tiny, 2), true);
    const outputs = await runModel(bytesOf(tiny), {
      x0: tensor(new Array<number>(12).fill(7), [1, 3, 4]),
      x1: tensor([0.1, 0.9, 0.3, 0.2, 0.5, 0.4], [1, 2, 3]),
    });
    t.same(outputs[BEST_SCORES]?.dims, [1, 3]);
    t.same(outputs[BEST_SCORES]?.data, Float32Array.from([0.2, 0.9, 0.4]));
  });
}

const OTHERS: Record<string, { dims: Dims[]; type?: TensorType }> = {
  'outputs that are not class scores': { dims: [[1, 300, 6]] },
  'an odd number of outputs': { dims: PICODET.slice(0, 3) },
  'another number of classes': {
    dims: [
      [1, 3, 80],
      [1, 3, 8],
    ],
  },
  'anchors that are not fixed': {
    dims: [
      [1, 'n', 2],
      [1, 'n', 8],
    ],
  },
  'boxes of other anchors than the scores': {
    dims: [
      [1, 5, 4],
      [1, 2, 3],
    ],
  },
  'whole numbers': { dims: PICODET, type: INT64 },
};
for (const [what, { dims, type }] of Object.entries(OTHERS)) {
  t.test(`a graph with ${what} stays as it is`, (t) => {
    const tiny = model(dims, 11, type);
    t.equal(addBestScores(tiny, 2), false);
    t.equal(tiny.graph.output.length, dims.length);
    t.equal(tiny.graph.node.length, dims.length);
    t.end();
  });
}
