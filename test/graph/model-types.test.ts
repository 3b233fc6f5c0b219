import { create } from '@bufbuild/protobuf';
import { TensorProto_DataType, TensorProtoSchema } from 'onnx-buf';
import t from 'tap';
import { modelTypes } from '../../dist/graph/model-types.js';
import { FLOAT, valueInfo } from '../../dist/graph/tensors.js';
import { mirrorModel, node, tinyModel } from '../fixtures/models/tiny-model.js';

const half = create(TensorProtoSchema, {
  name: 'w',
  dataType: TensorProto_DataType.FLOAT16,
  dims: [1n],
  rawData: new Uint8Array(2),
});

function types(opType: string) {
  return modelTypes(
    tinyModel({
      nodes: [node(opType, ['x', 'w'], ['y'])],
      inputs: [valueInfo('x', FLOAT, [1])],
      outputs: [valueInfo('y', FLOAT, [1])],
      weights: [half],
    }),
  );
}

t.test('what a model computes in is seen by its weights and nodes', async (t) => {
  t.same(modelTypes(mirrorModel(4, 4)), { float16: false, quantized: false });
  t.same(types('Conv'), { float16: true, quantized: false });
  t.same(types('MatMul'), { float16: true, quantized: false });
  t.same(types('Add'), { float16: false, quantized: false }, 'a number at the side says nothing');
  t.same(types('DequantizeLinear'), { float16: false, quantized: true });
});
