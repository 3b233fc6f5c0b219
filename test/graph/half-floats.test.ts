import t from 'tap';
import { fitHalves, fromHalves, toHalves, vanishesAsHalf } from '../../dist/graph/half-floats.js';
import { randomNumbers } from '../fixtures/models/tiny-model.js';

/** All finite float16 numbers from 0 up, in order: their bits count up with them. */
const numbers = fromHalves(Uint16Array.from({ length: 0x7c00 }, (_, bits) => bits));

t.test('every float16 number comes back with the same bits', async (t) => {
  const bits = Uint16Array.from({ length: 0x10000 }, (_, value) => value);
  const back = toHalves(fromHalves(bits));
  t.same(
    [...bits].filter((value) => back[value] !== value && (value & 0x7fff) <= 0x7c00),
    [],
  );
  const nans = [...bits].filter((value) => (value & 0x7fff) > 0x7c00);
  t.ok(
    nans.every((value) => ((back[value] as number) & 0x7fff) > 0x7c00),
    'and no number stays none',
  );
});

t.test('in between, the nearer number is taken, and of two that are as near the even one', async (t) => {
  const wrong: number[] = [];
  for (let bits = 0; bits + 1 < numbers.length; bits += 1) {
    const [low, high] = [numbers[bits] as number, numbers[bits + 1] as number];
    const middle = (low + high) / 2;
    const below = Math.fround(middle - (high - low) / 64);
    const above = Math.fround(middle + (high - low) / 64);
    const got = toHalves(Float32Array.of(middle, below, above, -above));
    const even = bits % 2 === 0 ? bits : bits + 1;
    const expected = [even, bits, bits + 1, (bits + 1) | 0x8000];
    if (expected.some((value, i) => got[i] !== value)) wrong.push(bits);
  }
  t.same(wrong, []);
});

t.test('random numbers are off by half a step at most', async (t) => {
  const next = randomNumbers(7);
  const values = Float32Array.from({ length: 10_000 }, () => (next() - 0.5) * 2 ** (next() * 40 - 24));
  const back = fromHalves(toHalves(values));
  const off = values.filter((value, i) => {
    const step = Math.max(2 ** -24, 2 ** (Math.floor(Math.log2(Math.abs(value))) - 10));
    return Math.abs(value) < 65504 && Math.abs(value - (back[i] as number)) > step / 2;
  });
  t.equal(off.length, 0);
});

t.test('what is too large becomes the largest number, and infinity stays', async (t) => {
  const values = Float32Array.of(65519, 65520, -3.4e38, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
  t.same([...toHalves(values)], [0x7bff, 0x7bff, 0xfbff, 0x7c00, 0xfc00]);
  t.ok(fitHalves(Float32Array.of(65519, -65519, Number.NEGATIVE_INFINITY, 1e-30)));
  t.notOk(fitHalves(Float32Array.of(0, 65520)));
  t.notOk(fitHalves(Float32Array.of(-3.4e38)));
});

t.test('what becomes nothing is known', async (t) => {
  for (const value of [2 ** -25, -(2 ** -25), 1e-12]) {
    t.ok(vanishesAsHalf(value));
    t.equal((toHalves(Float32Array.of(value))[0] as number) & 0x7fff, 0);
  }
  const kept = Math.fround(2 ** -25 * 1.001);
  t.notOk(vanishesAsHalf(kept));
  t.equal(toHalves(Float32Array.of(kept))[0], 1);
  t.notOk(vanishesAsHalf(0));
});
