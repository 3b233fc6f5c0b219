import { create } from '@bufbuild/protobuf';
import { AttributeProtoSchema, GraphProtoSchema } from 'onnx-buf';
import t from 'tap';
import { freeName, takenNames } from '../../dist/graph/names.js';
import { FLOAT, floatTensor, valueInfo } from '../../dist/graph/tensors.js';
import { node, tinyModel } from '../fixtures/models/tiny-model.js';

t.test('every name in a graph is taken, also where only a sub-graph reads it', async (t) => {
  const branch = node('If', ['condition'], ['y']);
  const body = create(GraphProtoSchema, { node: [node('Neg', ['outer'], ['inner'])] });
  branch.attribute = [create(AttributeProtoSchema, { name: 'then_branch', g: body })];
  const { graph } = tinyModel({
    nodes: [branch],
    inputs: [valueInfo('x', FLOAT, [1])],
    outputs: [valueInfo('result', FLOAT, [1])],
    weights: [floatTensor('w', [1], [1])],
  });
  const taken = takenNames(graph);
  for (const name of ['x', 'w', 'y', 'result', 'condition', 'outer']) t.ok(taken.has(name), name);
});

t.test('a name is given once', async (t) => {
  const taken = new Set(['a', 'a_1']);
  t.same([freeName(taken, 'a'), freeName(taken, 'a'), freeName(taken, 'b')], ['a_2', 'a_3', 'b']);
});
