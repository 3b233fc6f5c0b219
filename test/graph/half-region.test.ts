import t from 'tap';
import { halfRegion } from '../../dist/graph/half-region.js';
import { FLOAT, floatTensor, int64Tensor, valueInfo } from '../../dist/graph/tensors.js';
import { node, tinyModel } from '../fixtures/models/tiny-model.js';

type Nodes = ReturnType<typeof node>[];

/** Outputs of the nodes of the region, in a graph whose network begins at `image`. */
function region(nodes: Nodes, numbers: Record<string, number[]> = {}): string[] {
  const { graph } = tinyModel({
    nodes,
    inputs: [valueInfo('x', FLOAT, [1, 1, 4, 4])],
    outputs: [valueInfo('y', FLOAT, [1, 1, 4, 4])],
    weights: [
      floatTensor('w', [1, 1, 1, 1], [0.5]),
      int64Tensor('sizes', [4], [1, 1, 4, 4]),
      ...Object.entries(numbers).map(([name, values]) => floatTensor(name, [values.length], values)),
    ],
  });
  return [...halfRegion(graph, 'image').tensors];
}
const conv = (from: string, to: string) => node('Conv', [from, 'w'], [to]);

t.test('it reaches from the first convolution to the last, and leaves out the pre-processing', async (t) => {
  const nodes = [
    node('MatMul', ['x', 'w'], ['scaled']),
    node('Mul', ['scaled', 'k'], ['image']),
    node('Sub', ['image', 'k'], ['normal']),
    conv('normal', 'a'),
    node('Relu', ['a'], ['b']),
    conv('b', 'c'),
    node('Mul', ['c', 'k'], ['y']),
  ];
  t.same(region(nodes, { k: [2] }), ['a', 'b', 'c']);
});

t.test(
  'numbers that float16 cannot hold keep their node as it is, and the convolutions around it do not care',
  async (t) => {
    const between = (middle: Nodes[number], numbers: Record<string, number[]>) =>
      region([node('Identity', ['x'], ['image']), conv('image', 'a'), middle, conv('b', 'y')], numbers);
    t.same(between(node('Add', ['a', 'k'], ['b']), { k: [1] }), ['a', 'b', 'y']);
    t.same(between(node('Add', ['a', 'k'], ['b']), { k: [1e6] }), ['a', 'y'], 'too large');
    t.same(between(node('Add', ['a', 'k'], ['b']), { k: [1e-12] }), ['a', 'y'], 'against division by zero');
    t.same(between(node('Add', ['a', 'k'], ['b']), { k: [1e-12, 1] }), ['a', 'b', 'y'], 'one among others');
    t.same(between(node('Clip', ['a', '', 'k'], ['b']), { k: [3.4e38] }), ['a', 'b', 'y'], 'no limit');
    t.same(between(node('Pow', ['a', 'k'], ['b']), { k: [2] }), ['a', 'y'], 'grows fast');
    const foreign = node('Relu', ['a'], ['b']);
    foreign.domain = 'com.example';
    t.same(between(foreign, {}), ['a', 'y'], 'nobody knows what it is');
  },
);

t.test('sizes that are worked out on the way are none of it', async (t) => {
  const nodes = [
    node('Identity', ['x'], ['image']),
    conv('image', 'a'),
    node('Shape', ['a'], ['shape']),
    node('Mul', ['shape', 'sizes'], ['wanted']),
    node('Reshape', ['a', 'wanted'], ['b']),
    conv('b', 'y'),
  ];
  t.same(region(nodes), ['a', 'b', 'y']);
});

t.test('there is none without convolutions or matrix products', async (t) => {
  t.same(region([node('Identity', ['x'], ['image']), node('Mul', ['image', 'k'], ['y'])], { k: [2] }), []);
});
