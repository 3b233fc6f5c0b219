import { create } from '@bufbuild/protobuf';
import { AttributeProto_AttributeType, AttributeProtoSchema } from 'onnx-buf';
import t from 'tap';
import { FLOAT, floatTensor, valueInfo } from '../../dist/graph/tensors.js';
import { tidy } from '../../dist/graph/tidy.js';
import { bytesOf, maxDifference, node, runModel, tinyModel } from '../fixtures/models/tiny-model.js';

const image = () => valueInfo('x', FLOAT, [1, 8]);
const output = () => valueInfo('y', FLOAT, [1, 8]);
const feeds = { x: { type: 'float32', data: Float32Array.from([-9, -3, -1, 0, 1, 2, 3, 9]), dims: [1, 8] } };

t.test('weights listed as inputs are unlisted, also in files older than that was allowed', async (t) => {
  const model = tinyModel({
    nodes: [node('Add', ['x', 'w'], ['y'])],
    inputs: [image(), valueInfo('w', FLOAT, [1])],
    outputs: [output()],
    weights: [floatTensor('w', [1], [2])],
    irVersion: 3n,
  });
  const before = await runModel(bytesOf(model), feeds);
  t.same(tidy(model), ['1 weights are no longer listed as inputs']);
  t.same(
    model.graph.input.map(({ name }) => name),
    ['x'],
  );
  t.same((await runModel(bytesOf(model), feeds)).y?.data, before.y?.data);
});

t.test('constant nodes become weights and take part in folding', async (t) => {
  const constant = node('Constant', [], ['three']);
  constant.attribute = [
    create(AttributeProtoSchema, {
      name: 'value',
      type: AttributeProto_AttributeType.TENSOR,
      t: floatTensor('', [], [3]),
    }),
  ];
  const model = tinyModel({
    nodes: [
      constant,
      node('Constant', [], ['six'], { value_float: { float: 6 } }),
      node('Constant', [], ['zero'], { value_floats: { floats: [0] } }),
      node('Add', ['three', 'x'], ['a']),
      node('Clip', ['a', 'zero0', 'six'], ['c']),
      node('Mul', ['c', 'x'], ['m']),
      node('Div', ['m', 'six'], ['y']),
    ],
    inputs: [image()],
    outputs: [output()],
    weights: [floatTensor('zero0', [], [0])],
    opset: 12,
  });
  const before = await runModel(bytesOf(model), feeds);
  const notes = tidy(model);
  t.same(notes, ['3 constant nodes became weights', '1 hard-swish chains were folded']);
  t.same(
    model.graph.node.map(({ opType }) => opType),
    ['HardSigmoid', 'Mul'],
  );
  t.same(model.graph.initializer, [], 'weights that nothing uses any more are gone');
  const after = await runModel(bytesOf(model), feeds);
  t.ok(maxDifference(after.y?.data as Float32Array, before.y?.data as Float32Array) < 1e-6);
});

t.test('a constant that is a graph output stays', async (t) => {
  const model = tinyModel({
    nodes: [
      node('Constant', [], ['k'], { value_float: { float: 6 } }),
      node('Constant', [], ['n'], { value_ints: { ints: [1] } }),
      node('Add', ['x', 'k'], ['y']),
    ],
    inputs: [image()],
    outputs: [output(), valueInfo('k', FLOAT, [])],
    opset: 12,
  });
  tidy(model);
  t.same(
    model.graph.node.map(({ opType }) => opType),
    ['Constant', 'Add'],
  );
});

t.test('nodes that nothing uses go, those used in the body of an If stay', async (t) => {
  const body = node('If', ['flag'], ['y']);
  const branch = tinyModel({
    nodes: [node('Identity', ['kept'], ['inner'])],
    inputs: [],
    outputs: [valueInfo('inner', FLOAT, [1, 8])],
  }).graph;
  body.attribute = ['then_branch', 'else_branch'].map((name) =>
    create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.GRAPH, g: branch }),
  );
  const model = tinyModel({
    nodes: [
      node('Neg', ['x'], ['kept']),
      node('Abs', ['x'], ['dead']),
      node('Neg', ['dead'], ['deader']),
      node('ReduceSum', ['x'], ['sum'], { keepdims: { int: 0 } }),
      node('Cast', ['sum'], ['flag'], { to: { int: 9 } }),
      body,
    ],
    inputs: [image()],
    outputs: [output()],
  });
  t.same(tidy(model), ['2 nodes that nothing used were removed']);
  t.same(
    model.graph.node.map(({ opType }) => opType),
    ['Neg', 'ReduceSum', 'Cast', 'If'],
  );
  await runModel(bytesOf(model), feeds);
});
