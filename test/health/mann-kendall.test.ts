/** The trend test: textbook values, ties, and how often it errs on noise that follows itself. */
import t from 'tap';
import { mannKendall, upperTail } from '../../dist/health/mann-kendall.js';
import { Prng } from '../../dist/scene/prng.js';

t.test('a series that only rises has every pair, one that only falls none', (t) => {
  const up = mannKendall([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  t.match(up, { s: 45, tau: 1, inflation: 1 });
  t.equal(up.z.toFixed(3), ((45 - 1) / Math.sqrt(125)).toFixed(3));
  t.ok(up.pRising < 1e-4);
  const down = mannKendall([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  t.match(down, { s: -45, tau: -1 });
  t.ok(down.pRising > 0.9999);
  t.end();
});

t.test('ties make the variance smaller, and nothing but ties proves nothing', (t) => {
  // n = 5 with a tie of three: (5·4·15 − 3·2·11) / 18 = 13.
  const tied = mannKendall([1, 2, 2, 2, 3]);
  t.equal(tied.s, 7);
  t.equal((tied.z * Math.sqrt(tied.inflation)).toFixed(6), (6 / Math.sqrt(13)).toFixed(6));
  t.match(mannKendall([4, 4, 4, 4, 4]), { s: 0, z: 0, pRising: 1 });
  t.match(mannKendall([1, 2, 3]), { z: 0, pRising: 1 }, 'three values prove nothing');
  t.match(mannKendall([]), { s: 0, pRising: 1 });
  t.end();
});

t.test('noise that follows itself is called a trend less often than by the plain test', (t) => {
  const prng = new Prng(11);
  const rounds = 2000;
  let plain = 0;
  let corrected = 0;
  for (let round = 0; round < rounds; round += 1) {
    let value = 0;
    const y = Array.from({ length: 40 }, () => {
      value = 0.6 * value + prng.range(-1, 1);
      return value;
    });
    const { z, inflation } = mannKendall(y);
    if (upperTail(z * Math.sqrt(inflation)) < 0.01) plain += 1;
    if (upperTail(z) < 0.01) corrected += 1;
  }
  t.comment(`at 1 % meant: plain ${(100 * plain) / rounds} %, corrected ${(100 * corrected) / rounds} %`);
  t.ok(plain > 0.06 * rounds, 'the plain test cries wolf');
  t.ok(corrected < 0.75 * plain, 'the corrected one less often');
  t.end();
});

t.test('the tail of the normal is right near zero and far out', (t) => {
  const known: [number, number][] = [
    [0, 0.5],
    [1, 0.158655],
    [2.326348, 0.01],
    [3.0902, 0.001],
    [5, 2.866516e-7],
    [8, 6.22096e-16],
  ];
  for (const [z, p] of known) t.ok(Math.abs(upperTail(z) / p - 1) < 1e-3, `z ${z}`);
  t.equal(upperTail(-1), 1 - upperTail(1));
  t.end();
});
