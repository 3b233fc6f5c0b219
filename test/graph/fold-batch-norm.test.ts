import t from 'tap';
import { foldBatchNorms } from '../../dist/graph/fold-batch-norm.js';
import { FLOAT, floatTensor, valueInfo } from '../../dist/graph/tensors.js';
import { bytesOf, maxDifference, node, runModel, tinyModel } from '../fixtures/models/tiny-model.js';

const wave = (count: number, step: number) => Array.from({ length: count }, (_, i) => Math.sin(i * step));
const feeds = { x: { type: 'float32', data: Float32Array.from(wave(2 * 36, 0.4)), dims: [1, 2, 6, 6] } };

function model(conv: string[], attributes = {}, extra: ReturnType<typeof node>[] = []) {
  return tinyModel({
    nodes: [
      node('Conv', conv, ['c'], { group: { int: 2 }, pads: { ints: [1, 1, 1, 1] } }),
      node('BatchNormalization', ['c', 'scale', 'shift', 'mean', 'variance'], ['y'], attributes),
      ...extra,
    ],
    inputs: [valueInfo('x', FLOAT, [1, 2, 6, 6])],
    outputs: [valueInfo('y', FLOAT, [1, 4, 6, 6])],
    weights: [
      floatTensor('w', [4, 1, 3, 3], wave(36, 0.7)),
      floatTensor('b', [4], [0.5, -1, 2, 0]),
      floatTensor('scale', [4], [1, 2, -0.5, 3]),
      floatTensor('shift', [4], [0, 1, -1, 0.25]),
      floatTensor('mean', [4], [0.1, -0.2, 0.3, 0]),
      floatTensor('variance', [4], [1, 0.25, 4, 1e-9]),
    ],
  });
}

for (const [what, conv, attributes] of [
  ['with a bias', ['x', 'w', 'b'], {}],
  ['without one', ['x', 'w'], { epsilon: { float: 0.01 } }],
] as const) {
  t.test(`a convolution ${what} takes in what normalises its output`, async (t) => {
    const tiny = model([...conv], attributes);
    const before = await runModel(bytesOf(tiny), feeds);
    t.equal(foldBatchNorms(tiny.graph), 1);
    t.same(
      tiny.graph.node.map(({ opType }) => opType),
      ['Conv'],
    );
    const after = await runModel(bytesOf(tiny), feeds);
    const [was, is] = [before['y']?.data, after['y']?.data] as Float32Array[];
    t.ok(maxDifference(is ?? [], was ?? []) < 2e-3 * Math.max(...(was ?? []).map(Math.abs)));
  });
}

t.test('what else needs the unnormalised numbers keeps them', async (t) => {
  const used = model(['x', 'w'], {}, [node('Neg', ['c'], ['z'])]);
  t.equal(foldBatchNorms(used.graph), 0);
  const given = model(['x', 'w']);
  given.graph.output.push(valueInfo('c', FLOAT, [1, 4, 6, 6]));
  t.equal(foldBatchNorms(given.graph), 0);
});

t.test('statistics that are not known, or do not fit, are left alone', async (t) => {
  const computed = model(['x', 'w']);
  computed.graph.initializer = computed.graph.initializer.filter(({ name }) => name !== 'mean');
  t.equal(foldBatchNorms(computed.graph), 0);
  const short = model(['x', 'w']);
  for (const tensor of short.graph.initializer) if (tensor.name === 'mean') tensor.dims = [3n];
  t.equal(foldBatchNorms(short.graph), 0);
  t.equal(short.graph.node.length, 2);
});
