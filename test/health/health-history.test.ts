import t from 'tap';
import { HealthHistory } from '../../dist/health/health-history.js';

const point = (fps: number | undefined) => ({
  fps,
  availableBytes: 1e9,
  workerBytes: undefined,
  gpuBytes: undefined,
  hottestC: 50,
});

t.test('of each minute the last look counts', async (t) => {
  const history = new HealthHistory();
  for (const [atMs, fps] of [
    [0, 1],
    [50_000, 2],
    [60_000, 3],
    [119_999, 4],
  ] as const)
    history.add(atMs, point(fps));
  const { intervalS, fps, workerBytes, hottestC } = history.report();
  t.strictSame(
    { intervalS, fps, workerBytes, hottestC },
    { intervalS: 60, fps: [2, 4], workerBytes: [null, null], hottestC: [50, 50] },
  );
});

t.test('minutes in which nobody looked are gaps', async (t) => {
  const history = new HealthHistory();
  history.add(0, point(1));
  history.add(180_000, point(2));
  t.strictSame(history.report().fps, [1, null, null, 2]);
});

t.test('an hour is kept, and no more after a machine has slept for days', async (t) => {
  const history = new HealthHistory();
  for (let minute = 0; minute < 200; minute += 1) history.add(minute * 60_000, point(minute));
  t.strictSame(
    history.report().fps,
    Array.from({ length: 60 }, (_, i) => 140 + i),
  );
  history.add(9e9, point(7));
  t.strictSame(history.report().fps, [7]);
});

t.test('before the first look there is nothing', async (t) => {
  t.strictSame(new HealthHistory().report().fps, []);
});
