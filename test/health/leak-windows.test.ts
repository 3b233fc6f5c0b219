/** Windows over a series: due when they have a bin of their own, judged when they are filled. */
import t from 'tap';
import { isDue, judgeDays, judgeWindow, LEAK_WINDOWS, SHORTEST_MS } from '../../dist/health/leak-windows.js';
import { BIN_MS, MemorySeries } from '../../dist/health/memory-series.js';

const limits = { minGrowthBytes: 22e6, dailySwingBytes: 64e6 };

function seriesOf(
  hours: number,
  at: (hour: number) => number,
  without: (hour: number) => boolean = () => false,
) {
  const series = new MemorySeries();
  for (let second = 0; second <= hours * 3600; second += 30) {
    if (!without(second / 3600)) series.add({ atMs: second * 1000, bytes: at(second / 3600) * 1e6 });
  }
  return series;
}

t.test('windows reach from 24 minutes to 70 hours, none twice as long as the one before', (t) => {
  const spans = LEAK_WINDOWS.map(({ grain, step, count }) => BIN_MS[grain] * step * count);
  t.equal(spans[0], SHORTEST_MS);
  t.equal(SHORTEST_MS, 24 * 60_000);
  t.ok((spans.at(-1) as number) > 70 * 3_600_000);
  for (const [i, span] of spans.slice(1).entries())
    t.ok(span > (spans[i] as number) && span <= 1.5 * (spans[i] as number));
  t.end();
});

t.test('a window of wide bins is due when one of them is whole', (t) => {
  const window = { grain: 'fine' as const, step: 4, count: 32 };
  t.strictSame(
    [0, 1, 2, 3, 4, 7].filter((end) => isDue(window, end)),
    [3, 7],
  );
  t.end();
});

t.test('nothing is said before the window is filled after the warm-up, or of a window full of holes', (t) => {
  const window = LEAK_WINDOWS[0] as (typeof LEAK_WINDOWS)[number];
  t.equal(
    judgeWindow(
      seriesOf(0.5, () => 1),
      window,
      600_000,
      limits,
    ),
    undefined,
  );
  t.match(
    judgeWindow(
      seriesOf(0.6, () => 1),
      window,
      600_000,
      limits,
    ),
    { growth: { refused: 'flat' } },
  );
  const holes = seriesOf(
    2,
    () => 1,
    (hour) => hour > 1.7 && hour < 1.9,
  );
  t.equal(judgeWindow(holes, window, 600_000, limits), undefined);
  t.end();
});

t.test('a leak is found in its window with slope and begin', (t) => {
  const window = LEAK_WINDOWS[0] as (typeof LEAK_WINDOWS)[number];
  const found = judgeWindow(
    seriesOf(6.5, (hour) => 100 + 80 * Math.max(0, hour - 6)),
    window,
    600_000,
    limits,
  );
  t.match(found, { spanMs: SHORTEST_MS, growth: { refused: undefined } });
  t.ok(Math.abs((found?.growth.slope ?? 0) / 1e6 - 80) < 1);
  t.ok(Math.abs((found?.sinceHours ?? 0) - 6.1) < 0.05);
  t.end();
});

t.test('days are compared from the fifth on, and find what windows cannot', (t) => {
  const slow = (hour: number) => 500 + hour + 100 * Math.sin((hour / 12) * Math.PI);
  t.equal(judgeDays(seriesOf(95, slow), 600_000, limits), undefined);
  const found = judgeDays(seriesOf(97, slow), 600_000, limits);
  t.match(found, { growth: { refused: undefined }, spanMs: 4 * 86_400_000 });
  t.match(
    judgeDays(
      seriesOf(170, (hour) => slow(hour) - hour),
      600_000,
      limits,
    ),
    { growth: { refused: 'small' } },
  );
  t.end();
});
