import t from 'tap';
import { GraphBuilder } from '../../dist/graph/graph-builder.js';
import { FLOAT, UINT8 } from '../../dist/graph/tensors.js';
import { mirrorModel } from '../fixtures/models/tiny-model.js';

t.test('new nodes come first and take the place of an input', async (t) => {
  const { graph } = mirrorModel(2, 2);
  const build = new GraphBuilder(graph);
  const input = build.input('picture', UINT8, [1, 2, 2, 3]);
  build.node('Cast', [input], { to: { int: FLOAT } });
  build.replaceInput('image');
  t.same(
    graph.input.map(({ name }) => name),
    ['picture'],
  );
  t.same(
    graph.node.map(({ opType, input, output }) => [opType, input, output]),
    [
      ['Cast', ['picture'], ['image']],
      ['Identity', ['image'], ['seen']],
    ],
  );
});

t.test('names that the graph uses are not taken', async (t) => {
  const { graph } = mirrorModel(2, 2);
  const build = new GraphBuilder(graph);
  t.not(build.input('seen', UINT8, [1]), 'seen');
  const names = [
    build.node('Neg', ['a']),
    build.node('Neg', ['a']),
    build.floats([1]),
    build.floats([1]),
    build.ints([1]),
  ];
  t.equal(new Set(names).size, names.length);
  t.same(
    graph.initializer.map(({ dims }) => dims),
    [[1n], [1n], [1n]],
  );
});
