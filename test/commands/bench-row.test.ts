/** The arithmetic of `bench`. */
import t from 'tap';
import type { DaemonTiming } from '../../dist/commands/bench-daemon.js';
import { benchFigures, median, rowName } from '../../dist/commands/bench-row.js';

const CPU = { provider: 'cpu', precision: 'fp32' } as const;

function daemon(fps: number, change: Partial<DaemonTiming> = {}): DaemonTiming {
  return { frames: 300, fps, rssMb: { supervisor: 80, worker: 200 }, ranOn: 'cpu fp32', ...change };
}

t.test('the median is the middle, or the mean of the two in the middle', async (t) => {
  t.equal(median([3]), 3);
  t.equal(median([9, 1, 5]), 5);
  t.equal(median([4, 1, 3, 100]), 3.5);
  t.ok(Number.isNaN(median([])));
});

t.test('a daemon is held against the limit of its own round', async (t) => {
  const speeds = { limit: [100, 50, 80], prepared: [30, 40], exported: [10, 20] };
  const big = daemon(76, { rssMb: { supervisor: 70, worker: 251.26 } });
  t.strictSame(benchFigures(CPU, speeds, [daemon(90), daemon(49), big]), {
    limit_fps: 80,
    exported_fps: 15,
    prepared_fps: 35,
    ratio_prepared_to_exported: 2.5,
    frames: 300,
    daemon_fps: 76,
    ratio_daemon_to_limit: 0.95,
    rss_mb: { supervisor: 80, worker: 251.3 },
    notes: [],
  });
});

t.test('what was not run has no figure', async (t) => {
  const speeds = { limit: [100], prepared: [], exported: [] };
  t.strictSame(benchFigures(CPU, speeds, []), { limit_fps: 100, notes: [] });
});

t.test('a daemon that ran on something else is no measure of this', async (t) => {
  const speeds = { limit: [100, 100], prepared: [], exported: [] };
  const cuda = { provider: 'cuda', precision: 'fp16' } as const;
  const figures = benchFigures(cuda, speeds, [daemon(90, { ranOn: 'cuda fp16' }), daemon(20)]);
  t.match(figures, { limit_fps: 100, notes: [/ran on cpu fp32/] });
  t.notOk('daemon_fps' in figures);
  t.match(benchFigures(CPU, speeds, [daemon(1, { ranOn: undefined })]).notes, [/something else/]);
});

t.test('rows say what they are', async (t) => {
  t.equal(rowName({ provider: 'cpu', threads: 0, batch: 1 }), 'cpu, all cores');
  t.equal(rowName({ provider: 'cuda', threads: 1, batch: 4 }), 'cuda, 1 thread, batch 4');
  t.equal(rowName({ provider: 'tensorrt', threads: 2, batch: 1 }), 'tensorrt, 2 threads');
});
