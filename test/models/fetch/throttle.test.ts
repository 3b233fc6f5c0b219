/** The limit of bytes per second: what it lets through in a time, whoever takes. */
import t from 'tap';
import { Throttle } from '../../../dist/models/fetch/throttle.js';
import { FakeClock, settle } from '../../helpers/fake-clock.js';

const NEVER = new AbortController().signal;

t.test('what is taken is slept off, over all who take', async (t) => {
  const clock = new FakeClock();
  const throttle = new Throttle(clock, 1000);
  await throttle.take(500, NEVER);
  t.equal(clock.pending, 0, 'half a second of it at once');
  const order: string[] = [];
  const first = throttle.take(1000, NEVER).then(() => order.push('first'));
  const second = throttle.take(500, NEVER).then(() => order.push('second'));
  await clock.advanceAsync(999);
  t.strictSame(order, []);
  await clock.advanceAsync(1);
  t.strictSame(order, ['first']);
  await clock.advanceAsync(500);
  await Promise.all([first, second]);
  t.strictSame(order, ['first', 'second']);
});

t.test('a pause does not add up beyond half a second', async (t) => {
  const clock = new FakeClock();
  const throttle = new Throttle(clock, 1000);
  clock.advance(3_600_000);
  let over = false;
  void throttle.take(1500, NEVER).then(() => {
    over = true;
  });
  await clock.advanceAsync(999);
  t.notOk(over);
  await clock.advanceAsync(1);
  t.ok(over);
});

t.test('without a limit nothing waits, and who gives up does not wait either', async (t) => {
  const clock = new FakeClock();
  await new Throttle(clock, 0).take(1e12, NEVER);
  const stop = new AbortController();
  const waiting = new Throttle(clock, 1).take(1e9, stop.signal);
  await settle();
  stop.abort();
  await waiting;
  t.equal(clock.pending, 0);
});
