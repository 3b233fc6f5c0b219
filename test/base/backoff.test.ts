/** Delays between attempts. */
import t from 'tap';
import { Backoff, type BackoffOptions } from '../../dist/base/backoff.js';
import { FakeClock } from '../helpers/fake-clock.js';

function make(options: Partial<BackoffOptions> = {}) {
  const clock = new FakeClock();
  const all = { initialMs: 100, maxMs: 1000, stableMs: 5000, clock, random: () => 0.999999, ...options };
  return { clock, backoff: new Backoff(all) };
}

t.test('delays double up to the longest', (t) => {
  const { backoff } = make();
  t.strictSame(
    [1, 2, 3, 4, 5, 6].map(() => backoff.next()),
    [100, 200, 400, 800, 1000, 1000],
  );
  t.equal(backoff.attempts, 6);
  t.end();
});

t.test('jitter takes up to half of a delay away, never more', (t) => {
  const { backoff } = make({ random: () => 0 });
  t.strictSame(
    [1, 2, 3].map(() => backoff.next()),
    [50, 100, 200],
  );
  const { backoff: real } = make({ random: Math.random });
  for (let attempt = 0; attempt < 50; attempt++) {
    const full = Math.min(1000, 100 * 2 ** attempt);
    const delay = real.next();
    t.ok(delay >= full / 2 && delay <= full, `${delay} of ${full}`);
  }
  t.end();
});

t.test('after a stable period the delay starts over', (t) => {
  const { backoff, clock } = make();
  backoff.next();
  backoff.next();
  backoff.healthy();
  clock.advance(5000);
  t.equal(backoff.next(), 100);
  t.end();
});

t.test('a short recovery does not start it over', (t) => {
  const { backoff, clock } = make();
  backoff.next();
  backoff.healthy();
  clock.advance(4999);
  t.equal(backoff.next(), 200);
  clock.advance(60_000);
  t.equal(backoff.next(), 400, 'time while it is down does not count as healthy');
  t.end();
});

t.test('health is counted from its beginning, however often it is reported', (t) => {
  const { backoff, clock } = make();
  backoff.next();
  for (let second = 0; second < 5; second++) {
    backoff.healthy();
    clock.advance(1000);
  }
  t.equal(backoff.next(), 100);
  t.end();
});

t.test('years of attempts stay finite', (t) => {
  const { backoff } = make({ factor: 10, maxMs: Number.MAX_SAFE_INTEGER });
  for (let attempt = 0; attempt < 1000; attempt++) t.ok(Number.isFinite(backoff.next()));
  t.end();
});
