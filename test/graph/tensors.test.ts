import t from 'tap';
import {
  attribute,
  floatBytesTensor,
  floatScalar,
  floatTensor,
  floatValues,
  int64Tensor,
  int64Values,
} from '../../dist/graph/tensors.js';

t.test('one number is read from either way of storing it', async (t) => {
  t.equal(floatScalar(floatTensor('a', [], [6])), 6);
  const raw = floatTensor('a', [1], []);
  raw.rawData = new Uint8Array(Float32Array.of(0.5).buffer);
  t.equal(floatScalar(raw), 0.5);
});

t.test('what is not one float32 number has no value', async (t) => {
  t.equal(floatScalar(floatTensor('a', [2], [6, 6])), undefined);
  t.equal(floatScalar(floatTensor('a', [1, 1], [6])), undefined, 'it could widen a shape');
  t.equal(floatScalar(floatTensor('a', [1], [])), undefined, 'damaged');
  t.equal(floatScalar(int64Tensor('a', [], [6])), undefined);
});

t.test('attributes hold floats as float32', async (t) => {
  t.equal(attribute('alpha', { float: 0.1 }).f, Math.fround(0.1));
  t.same(attribute('scales', { floats: [0.1, 2] }).floats, [Math.fround(0.1), 2]);
  t.equal(attribute('axis', { int: -1 }).i, -1n);
  t.same(attribute('perm', { ints: [0, 1] }).ints, [0n, 1n]);
  t.same(Buffer.from(attribute('mode', { text: 'edge' }).s).toString(), 'edge');
});

t.test('numbers are read from either way of storing them, wherever the bytes lie', async (t) => {
  t.same(floatValues(floatTensor('a', [2], [1, 2])), Float32Array.of(1, 2));
  const raw = floatBytesTensor('a', [2n, 1n], Float32Array.of(0.5, -3));
  t.same(floatValues(raw), Float32Array.of(0.5, -3));
  const file = Buffer.concat([Buffer.of(7), raw.rawData]);
  raw.rawData = file.subarray(1);
  const values = floatValues(raw);
  t.same(values, Float32Array.of(0.5, -3));
  values?.fill(0);
  t.equal(file.readFloatLE(1), 0.5, 'a copy');
  t.same(int64Values(int64Tensor('b', [2], [1, -1])), [1n, -1n]);
  const places = int64Tensor('b', [1], []);
  places.rawData = Buffer.of(9, 5, 0, 0, 0, 0, 0, 0, 0).subarray(1);
  t.same(int64Values(places), [5n]);
});

t.test('damaged numbers and those of other types are none', async (t) => {
  const cut = floatBytesTensor('a', [2n], Float32Array.of(1, 2));
  cut.rawData = cut.rawData.slice(0, 7);
  t.equal(floatValues(cut), undefined);
  t.equal(floatValues(floatTensor('a', [3], [1, 2])), undefined);
  t.equal(floatValues(int64Tensor('b', [1], [1])), undefined);
  t.equal(floatValues(undefined), undefined);
  const short = int64Tensor('b', [1], []);
  short.rawData = new Uint8Array(7);
  t.equal(int64Values(short), undefined);
  t.equal(int64Values(int64Tensor('b', [2], [1])), undefined);
  t.equal(int64Values(floatTensor('a', [1], [1])), undefined);
});
