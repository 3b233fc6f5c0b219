import t from 'tap';
import { MemoryWatch, type SeriesSample } from '../../dist/health/memory-watch.js';

const MB = 1e6;

/** Looks every `stepMs` for `minutes`, growing by `perMinute` bytes a minute. */
function looks(
  watch: MemoryWatch,
  minutes: number,
  perMinute: number,
  sample: Partial<SeriesSample> = {},
  stepMs = 10_000,
): void {
  for (let atMs = 0; atMs <= minutes * 60_000; atMs += stepMs)
    watch.add([
      {
        name: 'worker',
        owner: 7,
        atMs,
        bytes: 200 * MB + (perMinute * atMs) / 60_000,
        limitBytes: 2000 * MB,
        ...sample,
      },
    ]);
}

t.test(
  'a series that grows without end is called a leak, with its slope and the time that is left',
  async (t) => {
    const watch = new MemoryWatch(10_000);
    looks(watch, 60, 5 * MB);
    const [series] = watch.series();
    t.match(series, { name: 'worker', owner: 7, verdict: { verdict: 'leak' } });
    t.ok(Math.abs((series?.verdict.bytesPerHour ?? 0) / (300 * MB) - 1) < 0.05, 'about 300 MB an hour');
    t.ok((series?.verdict.limitReachedInMs ?? 0) > 4 * 3_600_000, 'hours are left');
  },
);

t.test('another process begins a series of its own', async (t) => {
  const watch = new MemoryWatch(10_000);
  looks(watch, 60, 5 * MB);
  watch.add([{ name: 'worker', owner: 8, atMs: 3_700_000, bytes: 200 * MB, limitBytes: undefined }]);
  t.match(watch.series(), [{ owner: 8, bytes: 200 * MB, verdict: { verdict: 'warming up' } }]);
});

t.test('a series that is gone is forgotten', async (t) => {
  const watch = new MemoryWatch(10_000);
  looks(watch, 1, 0);
  watch.add([]);
  t.strictSame(watch.series(), []);
});

t.test('an answer that is handed over again counts once, so that old news are no plateau', async (t) => {
  const [once, repeated] = [new MemoryWatch(10_000), new MemoryWatch(10_000)];
  looks(once, 60, 5 * MB);
  for (let atMs = 0; atMs <= 60 * 60_000; atMs += 10_000)
    for (const _ of [1, 2, 3])
      repeated.add([
        { name: 'worker', owner: 7, atMs, bytes: 200 * MB + (5 * MB * atMs) / 60_000, limitBytes: 2000 * MB },
      ]);
  t.strictSame(repeated.series(), once.series());
});

t.test('more looks in less time find a leak in less time', async (t) => {
  const watch = new MemoryWatch(200);
  looks(watch, 1.2, 250 * MB, {}, 200);
  const [series] = watch.series();
  t.equal(series?.verdict.verdict, 'leak');
  t.ok(
    Math.abs((series?.verdict.bytesPerHour ?? 0) / (15_000 * MB) - 1) < 0.05,
    'its slope is that of real time',
  );
  t.match(series?.verdict.reason, / s, by chance| s, chance/, 'and so are the times that it names');
});

t.test('memory that is left leaks when it falls', async (t) => {
  const watch = new MemoryWatch(10_000);
  looks(watch, 240, -12 * MB, { falling: true, limitBytes: 0 });
  t.match(watch.series(), [{ verdict: { verdict: 'leak', reason: /^falls by/ } }]);
});
