import { create } from '@bufbuild/protobuf';
import { AttributeProtoSchema, GraphProtoSchema, TensorProto_DataType } from 'onnx-buf';
import t from 'tap';
import { modelTypes } from '../../dist/graph/model-types.js';
import { FLOAT, FLOAT16, floatTensor, INT64, int64Tensor, valueInfo } from '../../dist/graph/tensors.js';
import { toFloat16 } from '../../dist/graph/to-float16.js';
import { bytesOf, maxDifference, node, runModel, tinyModel } from '../fixtures/models/tiny-model.js';

const wave = (count: number, step: number) => Array.from({ length: count }, (_, i) => Math.sin(i * step));
const feeds = { x: { type: 'float32', data: Float32Array.from(wave(64, 0.4)), dims: [1, 1, 8, 8] } };

/** Pre-processing, two convolutions with a resize between, one of them an output, and arithmetic at the end. */
function network(more: ReturnType<typeof node>[] = [], outputs: ReturnType<typeof valueInfo>[] = []) {
  return tinyModel({
    nodes: [
      node('Mul', ['x', 'third'], ['image']),
      node('Conv', ['image', 'w'], ['a'], { pads: { ints: [1, 1, 1, 1] } }),
      node('BatchNormalization', ['a', 'one', 'third', 'third', 'one'], ['b']),
      node('Resize', ['b', 'none', 'scales'], ['c'], { mode: { text: 'nearest' } }),
      node('Mul', ['c', 'third'], ['d']),
      node('Conv', ['d', 'w'], ['features']),
      node('Mul', ['features', 'third'], ['y']),
      ...more,
    ],
    inputs: [valueInfo('x', FLOAT, [1, 1, 8, 8])],
    outputs: [
      valueInfo('y', FLOAT, ['n', 1, 'h', 'w']),
      valueInfo('features', FLOAT, ['n', 1, 'h', 'w']),
      ...outputs,
    ],
    weights: [
      floatTensor('w', [1, 1, 3, 3], wave(9, 0.7)),
      floatTensor('third', [1], [1 / 3]),
      floatTensor('one', [1], [1]),
      floatTensor('none', [0], []),
      floatTensor('scales', [4], [1, 1, 2, 2]),
      int64Tensor('flat', [1], [-1]),
    ],
  });
}

t.test('inputs and outputs keep names, types and about their values', async (t) => {
  const model = network();
  const before = await runModel(bytesOf(model), feeds);
  model.graph.valueInfo = ['a', 'image', 'd'].map((name) => valueInfo(name, FLOAT, [1]));
  const notes = toFloat16(model, 'image');
  t.same(notes, ['1 batch normalisations were folded', '4 of 6 nodes compute in FP16']);
  t.ok(modelTypes(model).float16);
  t.same(
    model.graph.node.map(({ opType, output }) => `${opType} ${output}`),
    [
      'Mul image',
      'Cast image_half',
      'Conv b_half',
      'Resize c_half',
      'Mul d_half',
      'Conv features_half',
      'Cast features',
      'Mul y',
    ],
  );
  const types = Object.fromEntries(model.graph.initializer.map(({ name, dataType }) => [name, dataType]));
  t.match(types, { third: FLOAT, third_half: FLOAT16, w_half: FLOAT16, scales: FLOAT });
  t.notOk('w' in types, 'what nobody reads as float32 is not kept');
  model.graph.valueInfo = model.graph.valueInfo.filter(({ name }) => name !== 'image');
  t.same(model.graph.valueInfo, [], 'nothing is said about tensors that are gone');
  const after = await runModel(bytesOf(model), feeds);
  for (const name of ['y', 'features']) {
    t.equal(after[name]?.type, 'float32');
    const worst = maxDifference(after[name]?.data as Float32Array, before[name]?.data as Float32Array);
    t.ok(worst > 0 && worst < 5e-3, `${name} differs by ${worst}`);
  }
});

t.test('the same model gives the same bytes', async (t) => {
  const [one, two] = [network(), network()];
  toFloat16(one, 'image');
  toFloat16(two, 'image');
  t.same(bytesOf(one), bytesOf(two));
});

t.test('sizes are read without a cast, and sub-graphs go on in float32', async (t) => {
  const branch = node('If', ['yes'], ['z']);
  const body = (name: string) =>
    create(GraphProtoSchema, {
      name,
      node: [node('Neg', ['c'], [name])],
      output: [valueInfo(name, FLOAT, ['n', 1, 'h', 'w'])],
    });
  branch.attribute = ['then_branch', 'else_branch'].map((name) =>
    create(AttributeProtoSchema, { name, type: 5, g: body(name) }),
  );
  const model = network(
    [node('Shape', ['d'], ['shape']), branch],
    [valueInfo('shape', INT64, [4]), valueInfo('z', FLOAT, ['n', 1, 'h', 'w'])],
  );
  model.graph.input.push(valueInfo('yes', TensorProto_DataType.BOOL, []));
  const fed = { ...feeds, yes: { type: 'bool', data: Uint8Array.of(1), dims: [] } };
  const before = await runModel(bytesOf(model), fed);
  toFloat16(model, 'image');
  t.same(model.graph.node.find(({ opType }) => opType === 'Shape')?.input, ['d_half']);
  const after = await runModel(bytesOf(model), fed);
  t.same(after['shape']?.data, before['shape']?.data);
  t.ok(maxDifference(after['z']?.data as Float32Array, before['z']?.data as Float32Array) < 5e-3);
});

t.test('names that are in use are not taken', async (t) => {
  const other = valueInfo('d_half', FLOAT, ['n', 1, 'h', 'w']);
  const model = network([node('Neg', ['features'], ['d_half'])], [other]);
  toFloat16(model, 'image');
  const results = await runModel(bytesOf(model), feeds);
  t.equal(results['d_half']?.type, 'float32');
});

t.test('a model that holds other types already stays as it is', async (t) => {
  const done = network();
  toFloat16(done, 'image');
  const bytes = bytesOf(done);
  t.match(toFloat16(done, 'image'), [/FP16 where the model says so/]);
  t.same(bytesOf(done), bytes);
  const quantized = network();
  quantized.graph.node.push(node('DequantizeLinear', ['q', 'third'], ['z']));
  t.match(toFloat16(quantized, 'image'), [/INT8/]);
});

t.test('a model without anything to gain says so', async (t) => {
  const model = network();
  model.graph.initializer = model.graph.initializer.filter(({ name }) => name !== 'w');
  t.match(toFloat16(model, 'image'), [/nothing/]);
  t.notOk(modelTypes(model).float16);
});
