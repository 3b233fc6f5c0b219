import t from 'tap';
import { GpuSuspicion } from '../../dist/health/gpu-suspicion.js';

const MB = 1e6;
const HOUR_MS = 3_600_000;

/** A GPU that loses 60 MB an hour since the start, looked at every ten seconds. */
class Gpu {
  readonly suspicion = new GpuSuspicion(10_000);
  nowMs = 0;
  bytes = 0;

  pass(ms: number, workerPid: number | undefined, leaks = true): string {
    for (const end = this.nowMs + ms; this.nowMs < end; ) {
      this.nowMs += 10_000;
      this.bytes += (60 * MB) / 360;
      const leak = {
        verdict: 'leak' as const,
        bytesPerHour: 60 * MB,
        significance: 0,
        since: 0,
        bytes: this.bytes,
        reason: '',
      };
      this.suspicion.look({ nowMs: this.nowMs, leak: leaks ? leak : undefined, workerPid });
    }
    return this.suspicion.state;
  }
}

t.test('a worker whose end gave nothing back is cleared, until the leak is over', async (t) => {
  const gpu = new Gpu();
  t.equal(gpu.pass(2 * HOUR_MS, 1), 'suspected');
  t.equal(gpu.pass(60_000, undefined), 'suspected', 'none serves');
  t.equal(gpu.pass(600_000, 2), 'on trial');
  t.equal(gpu.pass(600_000, 2), 'cleared');
  t.equal(gpu.pass(10 * HOUR_MS, 2), 'cleared');
  t.equal(gpu.pass(10_000, 2, false), 'suspected');
  t.equal(gpu.pass(HOUR_MS, 2), 'suspected', 'and of the next one it is suspected anew');
});

t.test('a worker whose end gave memory back stays suspected', async (t) => {
  const gpu = new Gpu();
  gpu.pass(2 * HOUR_MS, 1);
  gpu.bytes -= 60 * MB;
  t.equal(gpu.pass(600_000, 2), 'on trial');
  t.equal(gpu.pass(600_000, 2), 'suspected', 'half of it was the worker');
  t.equal(gpu.pass(600_000, 3), 'on trial');
  t.equal(gpu.pass(600_000, 3), 'cleared', 'the other half was not');
});

t.test('a change of workers before the leak showed proves nothing', async (t) => {
  const gpu = new Gpu();
  gpu.pass(HOUR_MS, 1, false);
  t.equal(gpu.pass(HOUR_MS, 2), 'suspected');
});

t.test('a leak that ends while it is on trial is forgotten', async (t) => {
  const gpu = new Gpu();
  gpu.pass(2 * HOUR_MS, 1);
  gpu.pass(60_000, 2);
  t.equal(gpu.pass(10_000, 2, false), 'suspected');
});
