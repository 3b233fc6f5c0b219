/** Blur, light and noise on packed RGB. */
import t from 'tap';
import { blur, exposeInto, noiseTable } from '../../dist/scene/lens.js';
import { Prng } from '../../dist/scene/prng.js';

const NONE = noiseTable(new Prng(1), 0);

t.test('blur leaves an even picture as it is and spreads a point over its square', async (t) => {
  const even = new Uint8ClampedArray(9 * 7 * 3).fill(77);
  blur(even, new Uint8ClampedArray(even.length), 9, 7, 2);
  t.ok(even.every((value) => value === 77));
  const point = new Uint8ClampedArray(9 * 7 * 3);
  const at = (x: number, y: number) => (y * 9 + x) * 3 + 1;
  point[at(4, 3)] = 225;
  blur(point, new Uint8ClampedArray(point.length), 9, 7, 1);
  for (const [x, y] of [
    [3, 2],
    [4, 3],
    [5, 4],
  ] as const)
    t.equal(point[at(x, y)], 25);
  t.equal(point[at(6, 3)], 0);
  t.equal(point[at(4, 3) + 1], 0, 'the other colours are not touched');
});

t.test('blur does nothing without a radius or on a picture smaller than it', async (t) => {
  for (const [width, height, radius] of [
    [4, 4, 0],
    [2, 9, 2],
    [9, 2, 3],
  ] as const) {
    const data = Uint8ClampedArray.from({ length: width * height * 3 }, (_, i) => i * 3);
    const before = data.slice();
    blur(data, new Uint8ClampedArray(data.length), width, height, radius);
    t.strictSame(data, before);
  }
});

t.test('light stretches around mid-grey, shifts, and stays within bounds', async (t) => {
  const from = Uint8ClampedArray.of(0, 28, 128, 228, 255, 100);
  const to = new Uint8ClampedArray(6);
  exposeInto(to, from, 6, { contrast: 0.5, brightness: 10 }, NONE, new Prng(1));
  t.strictSame([...to], [74, 88, 138, 188, 202, 124]);
  exposeInto(to, from, 6, { contrast: 2, brightness: 0 }, NONE, new Prng(1));
  t.strictSame([...to], [0, 0, 128, 255, 255, 72]);
});

t.test('noise has the strength asked for and no bias', async (t) => {
  const noise = noiseTable(new Prng(5), 6);
  const from = new Uint8ClampedArray(3000 * 10).fill(128);
  const to = new Uint8ClampedArray(from.length);
  exposeInto(to, from, 3000, { contrast: 1, brightness: 0 }, noise, new Prng(2));
  let sum = 0;
  let squares = 0;
  for (const value of to) {
    sum += value - 128;
    squares += (value - 128) ** 2;
  }
  t.ok(Math.abs(sum / to.length) < 0.2);
  t.ok(Math.abs(Math.sqrt(squares / to.length) - 6) < 0.5);
  t.notSame(to.slice(0, 3000), to.slice(3000, 6000), 'rows differ');
});
