/** What a model is made of. */
import { create } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
} from 'onnx-buf';
import t from 'tap';
import { modelFacts } from '../../dist/graph/model-facts.js';
import { FLOAT, floatTensor, int64Tensor, valueInfo } from '../../dist/graph/tensors.js';
import { node, tinyModel } from '../fixtures/models/tiny-model.js';

t.test('versions, nodes, weights and what the exporter says of itself', async (t) => {
  const model = tinyModel({
    nodes: [node('Neg', ['x'], ['a']), node('Mul', ['a', 'w'], ['b']), node('Mul', ['b', 'w'], ['y'])],
    inputs: [valueInfo('x', FLOAT, [1])],
    outputs: [valueInfo('y', FLOAT, [1])],
    weights: [floatTensor('w', [2, 3], [1, 2, 3, 4, 5, 6]), int64Tensor('i', [], [7])],
  });
  model.producerName = 'PaddlePaddle';
  model.metadataProps.push(create(StringStringEntryProtoSchema, { key: 'names', value: '{0: dog}' }));
  t.strictSame(modelFacts(model), {
    irVersion: 7,
    opsets: { 'ai.onnx': 11 },
    producer: 'PaddlePaddle',
    metadata: { names: '{0: dog}' },
    nodes: 3,
    operators: { Mul: 2, Neg: 1 },
    weights: { tensors: 2, parameters: 7, bytes: 32 },
  });
});

t.test('weights may be raw bytes, and constants count as weights', async (t) => {
  const half = create(TensorProtoSchema, {
    dataType: TensorProto_DataType.FLOAT16,
    dims: [4n],
    rawData: new Uint8Array(8),
  });
  const constant = node('Constant', [], ['c']);
  const model = tinyModel({ nodes: [constant], inputs: [], outputs: [], weights: [half] });
  constant.attribute.push(create(AttributeProtoSchema, { name: 'value', t: floatTensor('', [2], [1, 2]) }));
  t.match(modelFacts(model).weights, { tensors: 2, parameters: 6, bytes: 16 });
});
