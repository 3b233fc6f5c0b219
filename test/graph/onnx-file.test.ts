import { create } from '@bufbuild/protobuf';
import {
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType,
  TensorProtoSchema,
} from 'onnx-buf';
import t from 'tap';
import { graphSignature, opsetOf, readOnnx, writeOnnx } from '../../dist/graph/onnx-file.js';
import { FLOAT, floatTensor, valueInfo } from '../../dist/graph/tensors.js';
import { bytesOf, mirrorModel, node, tinyModel } from '../fixtures/models/tiny-model.js';

const refused = { name: 'DetectdError', code: 'MODEL_NOT_ONNX' };

t.test('a model survives writing and reading', async (t) => {
  const model = readOnnx(writeOnnx(mirrorModel(4, 4)), 'm.onnx');
  t.equal(opsetOf(model), 11);
  t.equal(model.graph.node[0]?.opType, 'Identity');
});

t.test('a file cut off anywhere is refused', async (t) => {
  const whole = bytesOf(
    tinyModel({
      nodes: [node('Add', ['image', 'w'], ['seen'])],
      inputs: [valueInfo('image', FLOAT, [1, 3, 2, 2])],
      outputs: [valueInfo('seen', FLOAT, [1, 3, 2, 2])],
      weights: [floatTensor('w', [4], [1, 2, 3, 4])],
    }),
  );
  for (let length = 0; length < whole.length; length += 1)
    t.throws(() => readOnnx(whole.subarray(0, length), 'm.onnx'), refused, `cut to ${length} bytes`);
  t.doesNotThrow(() => readOnnx(whole, 'm.onnx'));
});

t.test('what is no model is refused by name', async (t) => {
  const junk = {
    empty: new Uint8Array(),
    text: Buffer.from('<!DOCTYPE html><html><body>404</body></html>'),
    jpeg: Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1]),
    zeros: new Uint8Array(100),
    nested: Buffer.alloc(4000, 0x3a),
  };
  for (const [name, bytes] of Object.entries(junk))
    t.throws(() => readOnnx(bytes, `${name}.onnx`), { ...refused, message: new RegExp(`^${name}.onnx `) });
});

t.test('a graph without nodes or outputs is refused', async (t) => {
  const value = valueInfo('image', FLOAT, [1]);
  const noNodes = tinyModel({ nodes: [], inputs: [value], outputs: [value] });
  t.throws(() => readOnnx(bytesOf(noNodes), 'm'), { ...refused, message: /without nodes/ });
  const noOutputs = tinyModel({ nodes: [node('Identity', ['a'], ['b'])], inputs: [value], outputs: [] });
  t.throws(() => readOnnx(bytesOf(noOutputs), 'm'), { ...refused, message: /without outputs/ });
});

t.test('weights in another file are refused, with its name', async (t) => {
  const weight = create(TensorProtoSchema, {
    name: 'w',
    dataType: FLOAT,
    dims: [1n],
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: [create(StringStringEntryProtoSchema, { key: 'location', value: '../../etc/passwd' })],
  });
  const model = mirrorModel(2, 2);
  model.graph.initializer.push(weight);
  t.throws(() => readOnnx(bytesOf(model), 'm'), { ...refused, message: /"..\/..\/etc\/passwd"/ });
});

t.test('the signature leaves weights out and tells open dimensions', async (t) => {
  const model = tinyModel({
    nodes: [node('Add', ['image', 'w'], ['seen'])],
    inputs: [valueInfo('w', FLOAT, [1]), valueInfo('image', FLOAT, ['batch', 3, -1, 416])],
    outputs: [valueInfo('seen', FLOAT, [1, 3])],
    weights: [floatTensor('w', [1], [1])],
  });
  t.same(graphSignature(model), {
    inputs: [{ name: 'image', type: 'float32', dims: [null, 3, null, 416] }],
    outputs: [{ name: 'seen', type: 'float32', dims: [1, 3] }],
  });
});

t.test('inputs and outputs of unknown types are named', async (t) => {
  const model = mirrorModel(2, 2);
  model.graph.input = [valueInfo('image', TensorProto_DataType.STRING, [1])];
  t.throws(() => graphSignature(model), { code: 'MODEL_INPUT', message: /"image".*STRING/ });
  const other = mirrorModel(2, 2);
  other.graph.output = [valueInfo('seen', TensorProto_DataType.DOUBLE, [1])];
  t.throws(() => graphSignature(other), { code: 'MODEL_FAMILY', message: /"seen".*DOUBLE/ });
});
