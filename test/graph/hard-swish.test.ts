import type { NodeProto } from 'onnx-buf';
import t from 'tap';
import { foldHardSwish } from '../../dist/graph/hard-swish.js';
import { FLOAT, floatTensor, INT64, valueInfo } from '../../dist/graph/tensors.js';
import { bytesOf, maxDifference, node, runModel, tinyModel } from '../fixtures/models/tiny-model.js';

const weights = () => [
  floatTensor('zero', [], [0]),
  floatTensor('three', [1], [3]),
  floatTensor('six', [], [6]),
  floatTensor('sixth', [], [1 / 6]),
  floatTensor('four', [], [4]),
  floatTensor('wide', [1, 1, 1], [3]),
];
const clip = node('Clip', ['a', 'zero', 'six'], ['c']);
const feeds = { x: { type: 'float32', data: Float32Array.from([-9, -3, -1, 0, 1, 2, 3, 9]), dims: [1, 8] } };

function model(nodes: NodeProto[], opset = 11, extraOutputs: string[] = []) {
  return tinyModel({
    nodes,
    inputs: [valueInfo('x', FLOAT, [1, 8])],
    outputs: ['y', ...extraOutputs].map((name) => valueInfo(name, FLOAT, [1, 8])),
    weights: weights(),
    opset,
  });
}

const FORMS: Record<string, { nodes: NodeProto[]; opset?: number; to: string[] }> = {
  'multiply, then divide': {
    nodes: [
      node('Add', ['x', 'three'], ['a']),
      clip,
      node('Mul', ['x', 'c'], ['m']),
      node('Div', ['m', 'six'], ['y']),
    ],
    to: ['HardSigmoid', 'Mul'],
  },
  'operands the other way round, and a sixth instead of a division': {
    nodes: [
      node('Add', ['three', 'x'], ['a']),
      clip,
      node('Mul', ['c', 'x'], ['m']),
      node('Mul', ['sixth', 'm'], ['y']),
    ],
    to: ['HardSigmoid', 'Mul'],
  },
  'divide, then multiply': {
    nodes: [
      node('Add', ['x', 'three'], ['a']),
      clip,
      node('Div', ['c', 'six'], ['h']),
      node('Mul', ['h', 'x'], ['y']),
    ],
    to: ['HardSigmoid', 'Mul'],
  },
  'hard-sigmoid alone': {
    nodes: [node('Add', ['x', 'three'], ['a']), clip, node('Div', ['c', 'six'], ['y'])],
    to: ['HardSigmoid'],
  },
  'limits as attributes': {
    nodes: [
      node('Add', ['x', 'three'], ['a']),
      node('Clip', ['a'], ['c'], { min: { float: 0 }, max: { float: 6 } }),
      node('Mul', ['x', 'c'], ['m']),
      node('Div', ['m', 'six'], ['y']),
    ],
    opset: 9,
    to: ['HardSigmoid', 'Mul'],
  },
  'one node where there is one': {
    nodes: [
      node('Add', ['x', 'three'], ['a']),
      clip,
      node('Mul', ['x', 'c'], ['m']),
      node('Div', ['m', 'six'], ['y']),
    ],
    opset: 14,
    to: ['HardSwish'],
  },
};

for (const [name, { nodes, opset, to }] of Object.entries(FORMS)) {
  t.test(`folds: ${name}`, async (t) => {
    const before = await runModel(bytesOf(model(nodes, opset)), feeds);
    const folded = model(nodes, opset);
    const { swishes, sigmoids } = foldHardSwish(folded.graph, opset ?? 11);
    t.equal(swishes + sigmoids, 1);
    t.same(
      folded.graph.node.map(({ opType }) => opType),
      to,
    );
    const after = await runModel(bytesOf(folded), feeds);
    t.ok(maxDifference(after.y?.data as Float32Array, before.y?.data as Float32Array) < 1e-6);
  });
}

const swish = (...change: NodeProto[]) => {
  const nodes = [
    node('Add', ['x', 'three'], ['a']),
    clip,
    node('Mul', ['x', 'c'], ['m']),
    node('Div', ['m', 'six'], ['y']),
  ];
  return [...nodes, ...change];
};

const KEPT: Record<string, { nodes: NodeProto[]; outputs?: string[] }> = {
  'the sum has another user': { nodes: swish(node('Neg', ['a'], ['other'])), outputs: ['other'] },
  'the clipped value has another user': { nodes: swish(node('Neg', ['c'], ['other'])), outputs: ['other'] },
  'the product has another user': { nodes: swish(node('Neg', ['m'], ['other'])), outputs: ['other'] },
  'the clipped value is a graph output': { nodes: swish(), outputs: ['c'] },
  'the product is a graph output': { nodes: swish(), outputs: ['m'] },
  'the product is with something else': {
    nodes: [
      node('Neg', ['x'], ['z']),
      node('Add', ['x', 'three'], ['a']),
      clip,
      node('Mul', ['z', 'c'], ['m']),
      node('Div', ['m', 'six'], ['y']),
    ],
  },
  'six is divided, not by six': {
    nodes: [
      node('Add', ['x', 'three'], ['a']),
      clip,
      node('Mul', ['x', 'c'], ['m']),
      node('Div', ['six', 'm'], ['y']),
    ],
  },
  'another number is added': {
    nodes: [
      node('Add', ['x', 'four'], ['a']),
      clip,
      node('Mul', ['x', 'c'], ['m']),
      node('Div', ['m', 'six'], ['y']),
    ],
  },
  'the constant would widen the shape': {
    nodes: [
      node('Add', ['x', 'wide'], ['a']),
      clip,
      node('Mul', ['x', 'c'], ['m']),
      node('Div', ['m', 'six'], ['y']),
    ],
  },
  'the limit is another': {
    nodes: [
      node('Add', ['x', 'three'], ['a']),
      node('Clip', ['a', 'zero', 'four'], ['c']),
      node('Mul', ['x', 'c'], ['m']),
      node('Div', ['m', 'six'], ['y']),
    ],
  },
};

for (const [name, { nodes, outputs }] of Object.entries(KEPT)) {
  t.test(`leaves a chain where ${name}`, async (t) => {
    const kept = model(nodes, 11, outputs);
    t.same(foldHardSwish(kept.graph, 11), { swishes: 0, sigmoids: 0 });
    t.same(kept.graph.node, nodes);
  });
}

t.test('integer constants are no hard-swish', async (t) => {
  const kept = model(swish());
  for (const weight of kept.graph.initializer) weight.dataType = INT64;
  t.same(foldHardSwish(kept.graph, 11), { swishes: 0, sigmoids: 0 });
});
