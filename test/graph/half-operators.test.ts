import t from 'tap';
import { computesInHalf, HEAVY_OPERATORS, isFloatInput } from '../../dist/graph/half-operators.js';

t.test('sizes, places and scales are not float16', async (t) => {
  const places = (opType: string) => [0, 1, 2].filter((place) => isFloatInput(opType, place));
  t.same(places('Conv'), [0, 1, 2]);
  t.same(places('Resize'), [0]);
  t.same(places('Pad'), [0, 2]);
  t.same(places('Where'), [1, 2]);
  t.same(places('TopK'), []);
});

t.test('what widens the range of numbers, or chooses by them, stays float32', async (t) => {
  for (const opType of HEAVY_OPERATORS) t.ok(computesInHalf(opType));
  for (const opType of ['Exp', 'Pow', 'ReduceSum', 'TopK', 'NonMaxSuppression', 'If', 'Range'])
    t.notOk(computesInHalf(opType), opType);
});
