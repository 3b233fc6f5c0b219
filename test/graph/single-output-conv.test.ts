import t from 'tap';
import { splitSingleOutputConvs } from '../../dist/graph/single-output-conv.js';
import { FLOAT, floatTensor, INT64, valueInfo } from '../../dist/graph/tensors.js';
import { bytesOf, maxDifference, node, runModel, tinyModel } from '../fixtures/models/tiny-model.js';

const CHANNELS = 16;
const wave = (count: number, step: number) => Array.from({ length: count }, (_, i) => Math.sin(i * step));
const feeds = {
  x: { type: 'float32', data: Float32Array.from(wave(CHANNELS * 63, 0.37)), dims: [1, CHANNELS, 7, 9] },
};

interface Shape {
  weights?: [number, number, number, number];
  attributes?: Parameters<typeof node>[3];
  bias?: boolean;
  x?: number;
}

function model({ weights = [1, CHANNELS, 3, 3], attributes = {}, bias = false, x = CHANNELS }: Shape) {
  const inputs = bias ? ['x', 'w', 'b'] : ['x', 'w'];
  const count = weights.reduce((product, size) => product * size, 1);
  return tinyModel({
    nodes: [node('Conv', inputs, ['y'], attributes), node('Identity', ['y'], ['y_single'])],
    inputs: [valueInfo('x', FLOAT, [1, x, 7, 9])],
    outputs: [valueInfo('y_single', FLOAT, [1, weights[0], 'h', 'w'])],
    weights: [floatTensor('w', weights, wave(count, 0.71)), floatTensor('b', [1], [0.25])],
  });
}

const FORMS: Record<string, Shape> = {
  'as it is': {},
  'with a bias': { bias: true },
  'with padding, strides and dilations': {
    attributes: { pads: { ints: [2, 1, 2, 1] }, strides: { ints: [2, 1] }, dilations: { ints: [2, 1] } },
  },
  'with its kernel written out and one group': {
    attributes: { kernel_shape: { ints: [3, 3] }, group: { int: 1 } },
  },
  'with automatic padding': { attributes: { auto_pad: { text: 'SAME_UPPER' } } },
  'with a kernel that is not square': { weights: [1, CHANNELS, 1, 5] },
};
for (const [form, shape] of Object.entries(FORMS)) {
  t.test(`a convolution to one channel is split by channel, ${form}`, async (t) => {
    const tiny = model(shape);
    const before = await runModel(bytesOf(tiny), feeds);
    t.equal(splitSingleOutputConvs(tiny.graph), 1);
    t.same(
      tiny.graph.node.map(({ opType }) => opType),
      ['Conv', 'Conv', 'Identity'],
    );
    const after = await runModel(bytesOf(tiny), feeds);
    const [was, is] = [before['y_single'], after['y_single']];
    t.same(is?.dims, was?.dims);
    t.ok(maxDifference(is?.data as Float32Array, was?.data as Float32Array) < 1e-5);
  });
}

const LEFT: Record<string, Shape> = {
  'several outputs': { weights: [2, CHANNELS, 3, 3] },
  'a kernel of one pixel': { weights: [1, CHANNELS, 1, 1] },
  'few channels': { weights: [1, 3, 3, 3], x: 3 },
};
for (const [what, shape] of Object.entries(LEFT)) {
  t.test(`a convolution with ${what} is left alone`, async (t) => {
    const tiny = model(shape);
    t.equal(splitSingleOutputConvs(tiny.graph), 0);
    t.equal(tiny.graph.node.length, 2);
  });
}

t.test('a convolution whose weights are computed or of another type is left alone', async (t) => {
  const computed = model({});
  computed.graph.initializer = [];
  t.equal(splitSingleOutputConvs(computed.graph), 0);
  const other = model({});
  for (const tensor of other.graph.initializer) tensor.dataType = INT64;
  t.equal(splitSingleOutputConvs(other.graph), 0);
});
