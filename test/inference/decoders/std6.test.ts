import t from 'tap';
import type { TensorValue } from '../../../dist/core/prepared-graph.js';
import { Std6Decoder } from '../../../dist/inference/decoders/std6.js';

const rows = (...data: number[][]): TensorValue => ({
  type: 'float32',
  data: Float32Array.from(data.flat()),
  dims: [data.length, 6],
});
const count = (value: number): TensorValue => ({ type: 'int32', data: Int32Array.of(value), dims: [1] });
const decoder = new Std6Decoder({ threshold: 0.5, labels: ['cat', 'dog'], rowsOutput: 0, countOutput: 1 });

t.test('rows become detections, best first, in the pixels they are in', async (t) => {
  const found = decoder.decode([rows([0, 0.75, -3, 2, 30, 40], [1, 1, 5, 6, 7, 8]), count(2)]);
  t.same(found, [
    { label: 'dog', labelId: 1, score: 1, box: { x1: 5, y1: 6, x2: 7, y2: 8 } },
    { label: 'cat', labelId: 0, score: 0.75, box: { x1: -3, y1: 2, x2: 30, y2: 40 } },
  ]);
});

t.test('rows that only fill up go', async (t) => {
  const found = decoder.decode([
    rows(
      [-1, 1, 0, 0, 0, 0],
      [0, 0, 0, 0, 1, 1],
      [0, 0.5, 1, 1, 2, 2],
      [-1, -1, -1, -1, -1, -1],
      [1, 0.625, 1, 1, 2, 2],
    ),
    count(5),
  ]);
  t.same(
    found.map(({ score }) => score),
    [0.625],
  );
});

t.test('rows with numbers that are none go', async (t) => {
  const nan = Number.NaN;
  const bad = [
    [nan, 1, 0, 0, 1, 1],
    [0, nan, 0, 0, 1, 1],
    [0, 1, nan, 0, 1, 1],
    [0, 1, 0, 0, Number.POSITIVE_INFINITY, 1],
  ];
  t.same(decoder.decode([rows(...bad), count(4)]), []);
});

t.test('only as many rows count as the model says', async (t) => {
  const outputs = rows([0, 0.75, 1, 1, 2, 2], [0, 0.875, 1, 1, 2, 2]);
  t.equal(decoder.decode([outputs, count(1)])[0]?.score, 0.75);
  t.equal(decoder.decode([outputs, count(0)]).length, 0);
  t.equal(decoder.decode([outputs, count(99)]).length, 2);
  t.equal(decoder.decode([outputs, count(-1)]).length, 2);
  const long: TensorValue = { type: 'int64', data: BigInt64Array.of(1n), dims: [1] };
  t.equal(decoder.decode([outputs, long]).length, 1);
});

t.test('no rows, and no count, are fine', async (t) => {
  const alone = new Std6Decoder({ threshold: 0.5, labels: ['cat'], rowsOutput: 0, countOutput: undefined });
  t.same(alone.decode([rows()]), []);
  t.same(alone.decode([{ type: 'float32', data: new Float32Array(), dims: [] }]), []);
  t.equal(alone.decode([rows([0, 0.75, 1, 1, 2, 2])]).length, 1);
});

t.test('a class without a label is told with both numbers', async (t) => {
  t.throws(() => decoder.decode([rows([6, 0.75, 1, 1, 2, 2]), count(1)]), {
    code: 'INFER_CFG_LABELS',
    message: /class 6 .*7 classes.* 2 labels/,
  });
});

t.test('what is no table of rows is refused', async (t) => {
  const flat: TensorValue = { type: 'float32', data: new Float32Array(7), dims: [1, 7] };
  t.throws(() => decoder.decode([flat, count(1)]), { code: 'MODEL_RUN', message: /float32 \[1,7\]/ });
  const other: TensorValue = { type: 'float32', data: new Float32Array(12), dims: [4, 3] };
  t.throws(() => decoder.decode([other, count(1)]), { code: 'MODEL_RUN' });
  t.throws(() => decoder.decode([]), { code: 'MODEL_RUN', message: /no tensor/ });
});
