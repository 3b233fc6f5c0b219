/** The fake clock itself: what it promises, other tests rely on. */
import t from 'tap';
import { FakeClock } from './fake-clock.js';

t.test('timers run in the order of their due times and see that time', (t) => {
  const clock = new FakeClock({ monotonicUs: 0, wallMs: 1000 });
  const seen: string[] = [];
  clock.after(30, () => seen.push(`c ${clock.monotonicUs()}`));
  clock.after(10, () => {
    seen.push(`a ${clock.wallMs()}`);
    clock.after(5, () => seen.push(`b ${clock.monotonicUs()}`));
  });
  clock.advance(29);
  t.strictSame(seen, ['a 1010', 'b 15000']);
  t.equal(clock.nextDueMs, 1);
  clock.advance(1);
  t.strictSame(seen, ['a 1010', 'b 15000', 'c 30000']);
  t.equal(clock.pending, 0);
  t.equal(clock.nextDueMs, undefined);
  t.end();
});

t.test('repeating timers run until they are cancelled', (t) => {
  const clock = new FakeClock();
  let runs = 0;
  const timer = clock.every(10, () => {
    runs += 1;
  });
  clock.advance(35);
  timer.cancel();
  clock.advance(100);
  t.equal(runs, 3);
  t.equal(clock.pending, 0);
  t.end();
});

t.test('advanceAsync lets promises between timers settle', async (t) => {
  const clock = new FakeClock();
  const wait = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
  let done = false;
  const work = wait(10)
    .then(() => wait(10))
    .then(() => {
      done = true;
    });
  await clock.advanceAsync(20);
  t.ok(done);
  await work;
});

t.test('the wall clock can jump alone', (t) => {
  const clock = new FakeClock({ monotonicUs: 5, wallMs: 0 });
  clock.jumpWall(-500);
  t.equal(clock.wallMs(), -500);
  t.equal(clock.monotonicUs(), 5);
  t.end();
});
