/** How old messages are, whatever the wall clock says. */
import t from 'tap';
import { AgeClock } from '../../../dist/publish/outbox/age-clock.js';
import { FakeClock } from '../../helpers/fake-clock.js';

t.test('it goes with the time that the daemon runs, and the wall clock means nothing', async (t) => {
  const clock = new FakeClock();
  const age = new AgeClock(clock);
  clock.advance(5000);
  clock.jumpWall(56 * 365 * 86_400_000);
  t.equal(age.nowMs, 5000);
});

t.test('it goes on where an earlier run ended, once', async (t) => {
  const clock = new FakeClock();
  const age = new AgeClock(clock);
  clock.advance(1000);
  t.equal(age.resume(60_000), 60_000);
  t.equal(age.nowMs, 61_000);
  t.equal(age.resume(60_500), 0, 'what this run wrote is no later time');
  t.equal(age.nowMs, 61_000);
});
