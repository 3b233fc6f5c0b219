/** What cuts a try off: silence, its deadline, a reason to wait, nobody who wants it. */
import t from 'tap';
import { Attempt, type AttemptOptions, Paused } from '../../../dist/models/fetch/attempt.js';
import { FakeClock } from '../../helpers/fake-clock.js';

function started(change: Partial<AttemptOptions> = {}): { attempt: Attempt; clock: FakeClock } {
  const clock = new FakeClock();
  const signal = new AbortController().signal;
  const options = { where: 'here', clock, signal, stallMs: 30_000, deadlineMs: 100_000, mayGoOn: undefined };
  const attempt = new Attempt({ ...options, ...change });
  attempt.start();
  return { attempt, clock };
}

t.test('silence ends it, and every byte is heard', (t) => {
  const { attempt, clock } = started();
  clock.advance(29_999);
  attempt.touch();
  clock.advance(29_999);
  t.notOk(attempt.signal.aborted);
  clock.advance(1);
  t.match(attempt.signal.reason, { again: 'soon', message: 'Nothing came from here for 30 s.' });
  attempt.close();
  t.equal(clock.pending, 0);
  t.end();
});

t.test('what we wait for ourselves is no silence', async (t) => {
  const { attempt, clock } = started();
  let done = (): void => undefined;
  const waiting = attempt.aside(new Promise<void>((resolve) => (done = resolve)));
  clock.advance(60_000);
  done();
  await waiting;
  t.notOk(attempt.signal.aborted);
  clock.advance(30_000);
  t.ok(attempt.signal.aborted, 'then it counts again');
  attempt.close();
});

t.test('the deadline ends it, however much comes; one of a month is none of a moment', (t) => {
  const { attempt, clock } = started();
  for (let second = 0; second < 100; second += 1) {
    attempt.touch();
    clock.advance(1000);
  }
  t.match(attempt.signal.reason, { again: 'later', message: /longer than updates.deadline_s/ });
  attempt.close();
  const month = started({ deadlineMs: 30 * 86_400_000, stallMs: 3_600_000 });
  t.ok((month.clock.nextDueMs ?? 0) > 1000);
  month.attempt.close();
  t.end();
});

t.test('a reason to wait pauses it, and who gives up ends it with his reason', async (t) => {
  let waiting: { reason: string; forMs: undefined } | undefined;
  const { attempt, clock } = started({ mayGoOn: () => waiting });
  clock.advance(10_000);
  waiting = { reason: 'night', forMs: undefined };
  clock.advance(5000);
  t.ok(attempt.signal.reason instanceof Paused);
  attempt.close();

  const stop = new AbortController();
  const other = started({ signal: stop.signal });
  const never = other.attempt.within(new Promise(() => undefined));
  stop.abort(new Error('enough'));
  await t.rejects(never, /enough/);
  other.attempt.close();
  const late = started({ signal: stop.signal });
  t.match(late.attempt.signal.reason, { message: 'enough' });
  await t.rejects(late.attempt.within(Promise.resolve(1)), /enough/);
  t.equal(await started().attempt.within(Promise.resolve(1)), 1);
});
