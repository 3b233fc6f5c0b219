/** Names, types and shapes from the file, where the runtime tells only names: the same as a newer one tells. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { TypeProtoSchema, ValueInfoProtoSchema } from 'onnx-buf';
import t from 'tap';
import { FLOAT, floatTensor, INT64, UINT8, valueInfo } from '../../dist/graph/tensors.js';
import { declaredTensors } from '../../dist/inference/model-tensors.js';
import { Session } from '../../dist/inference/session.js';
import { bytesOf, node, tinyModel } from '../fixtures/models/tiny-model.js';

const model = tinyModel({
  nodes: [
    node('Cast', ['picture'], ['numbers'], { to: { int: FLOAT } }),
    node('Shape', ['picture'], ['shape']),
  ],
  inputs: [valueInfo('picture', UINT8, [1, 'height', 2, 3])],
  outputs: [valueInfo('numbers', FLOAT, [1, 'height', 2, 3]), valueInfo('shape', INT64, [4])],
});

t.test('a file declares what the runtime tells of it', async (t) => {
  const path = join(t.testdir({}), 'model.onnx');
  await writeFile(path, bytesOf(model));
  const session = await Session.load(bytesOf(model), { provider: 'cpu', threads: 1, where: 'model.onnx' });
  for (const declared of [await declaredTensors(bytesOf(model)), await declaredTensors(path)]) {
    t.strictSame(declared.inputs, [
      { name: 'picture', isTensor: true, type: 'uint8', shape: [1, 'height', 2, 3] },
    ]);
    const told = declared.outputs.map(({ name, type, shape }) => ({
      name,
      type,
      dims: shape.map((dim) => (typeof dim === 'number' ? dim : null)),
    }));
    t.strictSame(told, session.outputs);
  }
  await session.release();
});

t.test('weights that are listed as inputs are none, and what is no tensor is told', async (t) => {
  const weighted = tinyModel({
    nodes: [node('Add', ['in', 'weight'], ['out'])],
    inputs: [valueInfo('in', FLOAT, [1, 2]), valueInfo('weight', FLOAT, [1, 2])],
    outputs: [valueInfo('out', FLOAT, [1, 2])],
    weights: [floatTensor('weight', [1, 2], [1, 2])],
  });
  const sequence = create(TypeProtoSchema, { value: { case: 'sequenceType', value: {} } });
  weighted.graph?.output.push(create(ValueInfoProtoSchema, { name: 'many', type: sequence }));
  const { inputs, outputs } = await declaredTensors(bytesOf(weighted));
  t.strictSame(
    inputs.map(({ name }) => name),
    ['in'],
  );
  t.strictSame(
    outputs.map(({ name, isTensor }) => [name, isTensor]),
    [
      ['out', true],
      ['many', false],
    ],
  );
});
