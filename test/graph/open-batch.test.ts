import t from 'tap';
import { graphSignature } from '../../dist/graph/onnx-file.js';
import { openBatch } from '../../dist/graph/open-batch.js';
import { FLOAT, floatTensor, INT64, int64Tensor, valueInfo } from '../../dist/graph/tensors.js';
import { bytesOf, node, runModel, tinyModel } from '../fixtures/models/tiny-model.js';

type Nodes = ReturnType<typeof node>[];

/** From `x` [1,2,3] to `y` [1,?,?]. */
function model(nodes: Nodes, sizes: Record<string, number[]>, opset = 11) {
  return tinyModel({
    nodes,
    opset,
    inputs: [valueInfo('x', FLOAT, [1, 2, 3])],
    outputs: [valueInfo('y', FLOAT, [1, 'a', 'b'])],
    weights: [
      floatTensor('row', [3], [10, 20, 30]),
      floatTensor('anchors', [1, 3, 2], [0, 1, 2, 3, 4, 5]),
      floatTensor('matrix', [3, 4], new Array<number>(12).fill(2)),
      ...Object.entries(sizes).map(([name, values]) => int64Tensor(name, [values.length], values)),
    ],
  });
}

/** What two pictures give at once, and each alone. */
async function both(tiny: ReturnType<typeof model>) {
  const [one, two] = [
    [1, 2, 3, 4, 5, 6],
    [7, -8, 9, -1, 0.5, 3],
  ];
  const run = async (numbers: number[]) => {
    const x = { type: 'float32', data: Float32Array.from(numbers), dims: [numbers.length / 6, 2, 3] };
    const { y } = await runModel(bytesOf(tiny), { x });
    return { dims: [...(y?.dims ?? [])], data: [...((y?.data ?? []) as Float32Array)] };
  };
  const together = await run([...(one ?? []), ...(two ?? [])]);
  const apart = [await run(one ?? []), await run(two ?? [])];
  return { together, apart: apart.flatMap(({ data }) => data) };
}

const CHAINS: Record<string, [nodes: Nodes, sizes: Record<string, number[]>, opset?: number]> = {
  'a fixed size': [[node('Reshape', ['x', 'to'], ['y'])], { to: [1, 3, 2] }],
  'an open rest': [[node('Reshape', ['x', 'to'], ['y'])], { to: [1, 1, -1] }],
  'arithmetic before it': [
    [
      node('Mul', ['x', 'row'], ['a']),
      node('Transpose', ['a'], ['b'], { perm: { ints: [0, 2, 1] } }),
      node('Add', ['b', 'anchors'], ['c']),
      node('Reshape', ['c', 'to'], ['y']),
    ],
    { to: [1, 2, 3] },
  ],
  'a matrix product and a sum before it': [
    [
      node('MatMul', ['x', 'matrix'], ['a']),
      node('ReduceSum', ['a'], ['b'], { axes: { ints: [1] } }),
      node('Concat', ['a', 'b'], ['c'], { axis: { int: 1 } }),
      node('Split', ['c'], ['d', 'e'], { axis: { int: 1 }, split: { ints: [1, 2] } }),
      node('Slice', ['e', 'from', 'till', 'axes'], ['f']),
      node('Reshape', ['f', 'to'], ['y']),
    ],
    { from: [0], till: [1], axes: [2], to: [1, 1, 2] },
  ],
  'another one, that says it better': [
    [
      node('Flatten', ['x'], ['a']),
      node('Unsqueeze', ['a', 'last'], ['b']),
      node('Reshape', ['b', 'zero'], ['c']),
      node('Reshape', ['c', 'to'], ['y']),
    ],
    { last: [2], zero: [0, 2, 3], to: [1, 6, 1] },
    13,
  ],
};
for (const [what, [nodes, sizes, opset]] of Object.entries(CHAINS)) {
  t.test(`the one picture is taken out of the sizes of a Reshape, with ${what}`, async (t) => {
    const tiny = model(nodes, sizes, opset);
    t.match(openBatch(tiny, ['x']), [/as 1 sizes were opened/]);
    const { inputs, outputs } = graphSignature(tiny);
    t.same([inputs[0]?.dims[0], outputs[0]?.dims[0]], [null, null]);
    const { together, apart } = await both(tiny);
    t.equal(together.dims[0], 2);
    t.same(together.data, apart);
  });
}

t.test('sizes of what does not count pictures stay', async (t) => {
  const tiny = model(
    [
      node('Reshape', ['row', 'to'], ['a']),
      node('Transpose', ['x'], ['b'], { perm: { ints: [1, 0, 2] } }),
      node('Reshape', ['b', 'to'], ['c']),
      node('Add', ['a', 'c'], ['y']),
    ],
    { to: [1, -1, 3] },
  );
  t.match(openBatch(tiny, ['x']), [/at once$/]);
  t.same(
    tiny.graph.node.filter(({ opType }) => opType === 'Reshape').map(({ input }) => input[1]),
    ['to', 'to'],
  );
});

t.test('where 0 means a size of 0, and where sizes are worked out, nothing is changed', async (t) => {
  const zero = model([node('Reshape', ['x', 'to'], ['y'], { allowzero: { int: 1 } })], { to: [1, 3, 2] }, 14);
  t.match(openBatch(zero, ['x']), [/at once$/]);
  const computed = model([node('Shape', ['x'], ['to']), node('Reshape', ['x', 'to'], ['y'])], {});
  t.match(openBatch(computed, ['x']), [/at once$/]);
});

t.test('what is said about sizes inside is forgotten, and other inputs keep theirs', async (t) => {
  const tiny = model([node('Identity', ['x'], ['a']), node('Identity', ['a'], ['y'])], {});
  tiny.graph.valueInfo = [valueInfo('a', FLOAT, [1, 2, 3])];
  tiny.graph.input.push(valueInfo('pads', INT64, [8]));
  openBatch(tiny, ['x']);
  t.same(tiny.graph.valueInfo, []);
  t.same(
    graphSignature(tiny).inputs.map(({ dims }) => dims),
    [[null, 2, 3], [8]],
  );
});
