/** When a worker that failed is started again. */
import t from 'tap';
import { RestartTimer } from '../../dist/supervisor/restart-timer.js';
import { FakeClock } from '../helpers/fake-clock.js';

const delays = { initialMs: 1000, maxMs: 60_000, stableMs: 5000 };

t.test('it is due after a delay that grows, each kind for itself', async (t) => {
  const clock = new FakeClock();
  let due = 0;
  const timer = new RestartTimer(delays, clock, () => {
    due += 1;
  });
  const first = timer.failed('serving');
  t.ok(timer.waiting);
  const second = timer.failed('serving');
  t.ok(first <= 1000 && second >= 1000, `${first}, ${second}`);
  t.equal(clock.pending, 1, 'one timer at a time');
  t.ok(timer.failed('replacing') <= 1000, 'the other kind has a count of its own');
  clock.advance(1000);
  t.equal(due, 1);
  t.notOk(timer.waiting);
});

t.test('after a stable period, and with other delays, it starts over', async (t) => {
  const clock = new FakeClock();
  const timer = new RestartTimer(delays, clock, () => {});
  for (let count = 0; count < 4; count += 1) timer.failed('serving');
  timer.configure({ ...delays });
  t.ok(timer.failed('serving') > 4000, 'the same delays change nothing');
  timer.configure({ ...delays, maxMs: 50_000 });
  t.ok(timer.failed('serving') <= 1000);
  timer.failed('serving');
  timer.healthy('serving');
  clock.advance(5000);
  t.ok(timer.failed('serving') <= 1000);
  timer.cancel();
  t.notOk(timer.waiting);
  t.equal(clock.pending, 0);
});
