/** Samples in, bins out: gaps, clocks that step, values that are none, floods of samples. */
import t from 'tap';
import { COARSE_MS, FINE_MS, MemorySeries } from '../../dist/health/memory-series.js';

/** Samples every 15 s, `count` of them, from a time on. */
function fill(series: MemorySeries, from: number, count: number, at: (i: number) => number): number {
  let closed = 0;
  for (let i = 0; i < count; i += 1) if (series.add({ atMs: from + i * 15_000, bytes: at(i) })) closed += 1;
  return closed;
}

t.test('bins of 45 s and of 6 min close as time goes on, and not before', (t) => {
  const series = new MemorySeries();
  t.equal(
    fill(series, 1_000_000, 3, () => 7),
    0,
  );
  t.equal(series.newest('fine'), -1);
  t.equal(series.level(), 7, 'the level is known from the first sample');
  t.equal(
    fill(series, 1_045_000, 22, () => 7),
    8,
  );
  t.equal(series.newest('fine'), 7);
  t.equal(series.newest('coarse'), 0);
  t.equal(series.ageMs, 45_000 + 21 * 15_000);
  t.equal(series.atMs(1), 4_600_000);
  t.end();
});

t.test('one wild sample of a bin is left out, the rest is its mean', (t) => {
  const series = new MemorySeries();
  for (const [i, bytes] of [10, 12, 14, 11, 1e12].entries()) series.add({ atMs: i * 9_000, bytes });
  series.add({ atMs: FINE_MS, bytes: 0 });
  t.strictSame(series.stretch('fine', 0, 1, 1).bytes, [11.75]);
  t.end();
});

t.test('gaps stay gaps', (t) => {
  const series = new MemorySeries();
  fill(series, 0, 24, () => 5);
  fill(series, 20 * COARSE_MS, 30, () => 9);
  t.strictSame(series.past(0, 30 * COARSE_MS), [5, 9]);
  const { hours, bytes } = series.stretch('coarse', 20, 1, 21);
  t.strictSame(bytes, [5, 9]);
  t.strictSame(
    hours.map((hour) => Math.round(hour * 20)),
    [1, 41],
    'at the middle of 6 minutes each',
  );
  t.ok(Number.isNaN(series.mean('coarse', 1, 19)));
  t.end();
});

t.test('a clock that steps back goes on where it was; what is no number is left out', (t) => {
  const series = new MemorySeries();
  fill(series, 1e12, 30, () => 5);
  const age = series.ageMs;
  fill(series, 500, 5, () => 6);
  t.equal(series.ageMs, age + 60_000);
  t.equal(Math.round(series.atMs(series.ageMs / 3_600_000)), 60_500, 'times read as the newest samples do');
  for (const bytes of [Number.NaN, Number.POSITIVE_INFINITY]) t.notOk(series.add({ atMs: 1e6, bytes }));
  for (const atMs of [Number.NaN, Number.POSITIVE_INFINITY, 1e300]) t.notOk(series.add({ atMs, bytes: 1 }));
  t.equal(series.ageMs, age + 60_000);
  t.end();
});

t.test('a flood of samples is kept to the newest of each bin; years of gap are put up with', (t) => {
  const series = new MemorySeries();
  for (let i = 0; i < 10_000; i += 1) series.add({ atMs: i, bytes: i < 9_900 ? 1 : 2 });
  series.add({ atMs: 1e14, bytes: 3 });
  t.equal(series.level(), 2);
  series.add({ atMs: 1e14 + COARSE_MS, bytes: 3 });
  t.strictSame(series.past(0, 2e14), [3], 'what is older than eight days is gone');
  series.clear();
  t.match(series, { ageMs: 0 });
  t.equal(series.newest('fine'), -1);
  t.ok(Number.isNaN(series.level()));
  t.end();
});
