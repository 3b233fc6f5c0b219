/** How long the event loop was blocked, on a clock whose timers come late. */
import t, { type Test } from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import { LoopWatch } from '../../dist/health/event-loop.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { logLines } from '../helpers/log-lines.js';

/** Time passes while nothing runs. */
class BlockedClock extends FakeClock {
  #blockedUs = 0;

  override monotonicUs(): number {
    return super.monotonicUs() + this.#blockedUs;
  }

  block(ms: number): void {
    this.#blockedUs += ms * 1000;
  }
}

async function watching(t: Test) {
  const clock = new BlockedClock();
  const { log, lines } = logLines();
  const watch = new LoopWatch({ clock, log });
  await watch.start();
  t.teardown(() => watch.close());
  return { clock, lines, watch };
}

t.test('a loop that runs is ok, and says nothing', async (t) => {
  const { clock, lines, watch } = await watching(t);
  clock.advance(3_600_000);
  t.equal(watch.takeMaxMs(), 0);
  t.strictSame(watch.health(), { state: 'ok', reason: '' });
  t.equal(lines.length, 0);
});

t.test('a block is degraded for an interval, with its length, and told once', async (t) => {
  const { clock, lines, watch } = await watching(t);
  clock.advance(100);
  clock.block(5000);
  clock.advance(1000);
  t.match(watch.health(), { state: 'degraded', reason: 'it was blocked for 5.0 s' });
  t.equal(watch.takeMaxMs(), 5000);
  clock.advance(5000);
  t.equal(watch.health().state, 'degraded', 'still to be seen by whoever looks between');
  t.equal(watch.takeMaxMs(), 0);
  t.equal(watch.health().state, 'ok');
  t.match(lines, [{ level: 40, blockedMs: 5000 }]);
  t.equal(lines.length, 1);
});

t.test('short delays are measured and no fault; the longest counts', async (t) => {
  const { clock, lines, watch } = await watching(t);
  for (const ms of [30, 900, 200]) {
    clock.block(ms);
    clock.advance(1000);
  }
  t.equal(watch.takeMaxMs(), 900);
  t.equal(watch.health().state, 'ok');
  t.equal(lines.length, 0);
});

t.test('nothing is left of it when it is closed', async (t) => {
  const { clock, watch } = await watching(t);
  await watch.close();
  t.equal(clock.pending, 0);
});

t.test('a real block is seen', async (t) => {
  const { log } = logLines();
  const watch = new LoopWatch({ clock: systemClock, log });
  await watch.start();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
  await new Promise((resolve) => setTimeout(resolve));
  t.ok(watch.takeMaxMs() >= 1250);
  await watch.close();
});
