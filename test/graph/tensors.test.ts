import t from 'tap';
import { attribute, floatScalar, floatTensor, int64Tensor } from '../../dist/graph/tensors.js';

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
