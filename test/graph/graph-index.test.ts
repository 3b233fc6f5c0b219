import { create } from '@bufbuild/protobuf';
import { AttributeProto_AttributeType, AttributeProtoSchema } from 'onnx-buf';
import t from 'tap';
import { GraphIndex, usedNames } from '../../dist/graph/graph-index.js';
import { FLOAT, floatTensor, valueInfo } from '../../dist/graph/tensors.js';
import { node, tinyModel } from '../fixtures/models/tiny-model.js';

const { graph } = tinyModel({
  nodes: [node('Neg', ['x'], ['a']), node('Add', ['a', 'a'], ['b']), node('Mul', ['b', 'w'], ['y'])],
  inputs: [],
  outputs: [valueInfo('y', FLOAT, [1]), valueInfo('b', FLOAT, [1])],
  weights: [floatTensor('w', [], [2]), floatTensor('many', [2], [1, 2])],
});

t.test('knows who makes a tensor and who alone uses it', async (t) => {
  const index = new GraphIndex(graph);
  t.equal(index.producer('a')?.opType, 'Neg');
  t.equal(index.producer('x'), undefined);
  t.equal(index.producer(undefined), undefined);
  t.equal(index.onlyConsumer('a')?.opType, 'Add', 'a node that uses it twice is one user');
  t.equal(index.onlyConsumer('b'), undefined, 'a graph output has the caller as a user');
  t.equal(index.onlyConsumer(undefined), undefined);
});

t.test('knows the value of a weight of one element only', async (t) => {
  const index = new GraphIndex(graph);
  t.equal(index.scalar('w'), 2);
  t.equal(index.scalar('many'), undefined);
  t.equal(index.scalar('a'), undefined);
});

t.test('names read inside a body count as read', async (t) => {
  const loop = node('Loop', ['n', ''], ['out']);
  const { graph: body } = tinyModel({
    nodes: [node('Neg', ['outer'], ['inner'])],
    inputs: [],
    outputs: [valueInfo('passed', FLOAT, [1])],
  });
  loop.attribute = [
    create(AttributeProtoSchema, { name: 'body', type: AttributeProto_AttributeType.GRAPH, g: body }),
  ];
  t.same([...usedNames(loop)].sort(), ['n', 'outer', 'passed']);
});
