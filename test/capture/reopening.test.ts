/** How long a camera is left alone. */
import t from 'tap';
import { Reopening } from '../../dist/capture/reopening.js';
import type { Source } from '../../dist/core/source.js';
import { FakeClock } from '../helpers/fake-clock.js';

const RTSP: Source = { kind: 'rtsp', url: 'rtsp://cam/x', transport: 'tcp', latencyMs: 200 };
const MIN = 60_000;
const full = { random: () => 0.999999 };

function longest(source: Source, awayMs = 0): number {
  const clock = new FakeClock();
  const reopening = new Reopening(source, clock, full);
  reopening.away();
  clock.advance(awayMs);
  reopening.away();
  return Math.max(...Array.from({ length: 12 }, () => reopening.waitMs()));
}

t.test('waits grow, over a network to 5 seconds for an hour and then to 15', async (t) => {
  const reopening = new Reopening(RTSP, new FakeClock(), full);
  reopening.away();
  t.strictSame(
    [1, 2, 3, 4, 5, 6].map(() => reopening.waitMs()),
    [500, 1000, 2000, 4000, 5000, 5000],
  );
  t.equal(longest(RTSP, 59 * MIN), 5000);
  t.equal(longest(RTSP, 61 * MIN), 15_000);
  t.equal(longest({ kind: 'v4l2', device: '/dev/video0' }, 61 * MIN), 5000);
  t.equal(longest({ kind: 'file', path: '/x' }), 30_000);
});

t.test('who was back for a while is waited for shortly again', async (t) => {
  const clock = new FakeClock();
  const reopening = new Reopening(RTSP, clock, full);
  reopening.away();
  clock.advance(100 * MIN);
  for (let attempt = 0; attempt < 8; attempt += 1) reopening.waitMs();
  reopening.back();
  reopening.away();
  t.equal(reopening.waitMs(), 5000, 'not for a moment');
  reopening.back();
  clock.advance(31_000);
  reopening.away();
  t.equal(reopening.waitMs(), 500);
});

t.test('a frozen camera is opened anew after a minute, then after two, at last once an hour', async (t) => {
  const clock = new FakeClock();
  const reopening = new Reopening(RTSP, clock, full);
  const renewals: number[] = [];
  t.notOk(reopening.renews(clock.monotonicUs()));
  reopening.frozen();
  for (let minute = 0; minute < 400; minute += 1) {
    clock.advance(MIN);
    if (reopening.renews(clock.monotonicUs())) renewals.push(minute + 1);
  }
  t.strictSame(renewals, [1, 3, 7, 15, 31, 63, 123, 183, 243, 303, 363]);
  reopening.moves();
  clock.advance(10 * MIN);
  t.notOk(reopening.renews(clock.monotonicUs()));
  reopening.frozen();
  clock.advance(MIN);
  t.ok(reopening.renews(clock.monotonicUs()), 'it starts over');
});
