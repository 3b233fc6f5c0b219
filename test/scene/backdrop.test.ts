/** Backgrounds: repeatable, varied, and their mean colour told right. */
import t from 'tap';
import { paintBackdrop } from '../../dist/scene/backdrop.js';
import { Prng } from '../../dist/scene/prng.js';

function paint(seed: number, bare = false) {
  const canvas = { width: 320, height: 240, data: new Uint8ClampedArray(320 * 240 * 3) };
  return { data: canvas.data, mean: paintBackdrop(canvas, new Prng(seed), bare) };
}

t.test('a seed gives one background, another seed another', async (t) => {
  t.strictSame(paint(4).data, paint(4).data);
  const kinds = new Set(Array.from({ length: 30 }, (_, seed) => paint(seed).data.subarray(0, 600).join()));
  t.equal(kinds.size, 30);
});

t.test('the mean colour is that of the picture', async (t) => {
  for (let seed = 0; seed < 20; seed += 1) {
    const { data, mean } = paint(seed);
    for (const c of [0, 1, 2] as const) {
      let sum = 0;
      for (let i = c; i < data.length; i += 3) sum += data[i] ?? 0;
      const whole = sum / (data.length / 3);
      t.ok(Math.abs(whole - mean[c]) < 12, `seed ${seed}: ${mean[c]} for ${whole}`);
    }
  }
});

t.test('a bare one has no edges', async (t) => {
  for (let seed = 0; seed < 20; seed += 1) {
    const { data } = paint(seed, true);
    let largest = 0;
    for (let i = 3; i < data.length; i += 1)
      if (i % (320 * 3) >= 3) largest = Math.max(largest, Math.abs((data[i] ?? 0) - (data[i - 3] ?? 0)));
    t.ok(largest <= 4, `seed ${seed}: ${largest}`);
  }
});
