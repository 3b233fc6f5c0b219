/** Days against days: what comes back every day cancels, what is lost every day does not. */
import t from 'tap';
import { dailyGrowth } from '../../dist/health/daily-growth.js';
import { Prng } from '../../dist/scene/prng.js';

const MB = 1e6;
const limits = { minGrowthBytes: 22 * MB, dailySwingBytes: 64 * MB };

/** Days of 30 times of day that swing by 200 MB, with noise of ±2 MB, and what is added at an hour. */
function days(count: number, added: (hour: number) => number): number[][] {
  const prng = new Prng(3);
  return Array.from({ length: count }, (_, day) =>
    Array.from({ length: 30 }, (_, season) => {
      const hour = day * 24 + season * 0.8;
      return 500 * MB + 100 * MB * Math.sin((hour / 12) * Math.PI) + prng.range(-2, 2) * MB + added(hour);
    }),
  );
}

t.test('a megabyte an hour is found within four days under a swing of 200 MB', (t) => {
  const { leak, slope, bytes, significance } = dailyGrowth(
    days(4, (hour) => hour * MB),
    limits,
  );
  t.ok(leak);
  t.ok(Math.abs(slope / MB - 1) < 0.1, `${slope}`);
  t.ok(bytes > 65 * MB && significance < 1e-3);
  t.end();
});

t.test('the swing alone, one step, and three days are no leak', (t) => {
  t.notOk(
    dailyGrowth(
      days(8, () => 0),
      limits,
    ).leak,
  );
  t.notOk(
    dailyGrowth(
      days(4, (hour) => (hour > 40 ? 80 * MB : 0)),
      limits,
    ).leak,
  );
  t.notOk(
    dailyGrowth(
      days(3, (hour) => hour * MB),
      limits,
    ).leak,
  );
  t.notOk(
    dailyGrowth(
      days(6, (hour) => -hour * MB),
      limits,
    ).leak,
  );
  t.end();
});

t.test('times of day without samples are left out; too few of them say nothing', (t) => {
  const gappy = days(4, (hour) => hour * MB);
  for (let season = 0; season < 10; season += 1) (gappy[2] as number[])[season] = Number.NaN;
  t.ok(dailyGrowth(gappy, limits).leak);
  for (let season = 10; season < 20; season += 1) (gappy[1] as number[])[season] = Number.NaN;
  t.strictSame(dailyGrowth(gappy, limits), { leak: false, slope: 0, bytes: 0, significance: 1 });
  t.match(dailyGrowth([], limits), { leak: false });
  t.end();
});
