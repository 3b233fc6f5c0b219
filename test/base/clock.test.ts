/** The system's clock behind the interface; waiting on a clock. */
import t from 'tap';
import { pause, sleep, systemClock } from '../../dist/base/clock.js';
import { FakeClock } from '../helpers/fake-clock.js';

t.test('the system clock is monotonic, in microseconds, and comparable with hrtime', (t) => {
  const before = Number(process.hrtime.bigint() / 1000n);
  const first = systemClock.monotonicUs();
  const second = systemClock.monotonicUs();
  t.ok(before <= first && first <= second);
  t.ok(Number.isSafeInteger(second));
  t.ok(Math.abs(systemClock.wallMs() - Date.now()) < 60_000);
  t.end();
});

t.test('system timers run, and not once they are cancelled', async (t) => {
  const cancelled = [
    systemClock.after(0, () => t.fail('cancelled')),
    systemClock.every(1, () => t.fail('cancelled'), { background: true }),
  ];
  for (const timer of cancelled) timer.cancel();
  await new Promise<void>((resolve) => systemClock.after(5, resolve));
  let runs = 0;
  await new Promise<void>((resolve) => {
    const timer = systemClock.every(1, () => {
      runs += 1;
      if (runs < 3) return;
      timer.cancel();
      resolve();
    });
  });
  t.equal(runs, 3);
});

t.test('sleeping ends with the clock that it was given', async (t) => {
  const clock = new FakeClock();
  let awake = false;
  const done = sleep(clock, 100).then(() => {
    awake = true;
  });
  await clock.advanceAsync(99);
  t.notOk(awake);
  await clock.advanceAsync(1);
  t.ok(awake);
  await done;
});

t.test('a pause ends with its time or its signal, and leaves nothing behind', async (t) => {
  const clock = new FakeClock();
  const ending = new AbortController();
  const first = pause(clock, 100, ending.signal);
  await clock.advanceAsync(100);
  await first;
  const second = pause(clock, 100, ending.signal);
  ending.abort();
  await second;
  await pause(clock, 100, ending.signal);
  t.equal(clock.pending, 0);
});
