/** What is tried again, how often, after how long, and what does not count. */
import t from 'tap';
import { FetchFault } from '../../../dist/models/fetch/fetch-fault.js';
import { Tries, type TriesOptions } from '../../../dist/models/fetch/tries.js';
import { FakeClock } from '../../helpers/fake-clock.js';

function soon(afterMs?: number): FetchFault {
  return new FetchFault('UPDATE_FETCH', 'soon', 'It failed.', { afterMs });
}

function tries(
  clock: FakeClock,
  change: Partial<TriesOptions> = {},
): { tries: Tries; waited: (string | undefined)[] } {
  const waited: (string | undefined)[] = [];
  const limits = { maxBytes: 1, stallMs: 30_000, deadlineMs: 600_000 };
  const signal = new AbortController().signal;
  const options = { where: 'here', limits, clock, signal, random: () => 1, done: () => 0 };
  const onWaiting = (reason: string | undefined): void => void waited.push(reason);
  return { tries: new Tries({ ...options, onWaiting, ...change }), waited };
}

t.test('failures in a row are given up, with growing pauses between', async (t) => {
  const clock = new FakeClock();
  const beganAt: number[] = [];
  const { tries: some, waited } = tries(clock);
  const over = some.run(() => {
    beganAt.push(clock.monotonicUs() / 1e6);
    return Promise.reject(soon());
  });
  const rejected = t.rejects(over, { code: 'UPDATE_FETCH', again: 'soon' });
  await clock.advanceAsync(60_000);
  await rejected;
  t.strictSame(
    beganAt.map((at) => at - (beganAt[0] ?? 0)),
    [0, 1, 3, 7, 15],
  );
  t.ok(waited.includes('it is tried again: It failed'));
  t.equal(clock.pending, 0);
});

t.test('progress starts the count over, a byte at a time is none', async (t) => {
  const clock = new FakeClock();
  let bytes = 0;
  const { tries: good } = tries(clock, { done: () => bytes });
  const run = good.run(async () => {
    bytes += 20_000;
    if (bytes < 400_000) throw soon();
    return 'whole';
  });
  await clock.advanceAsync(60_000);
  t.equal(await run, 'whole');

  bytes = 0;
  const { tries: slow } = tries(clock, { done: () => bytes });
  let begun = 0;
  const never = t.rejects(
    slow.run(async () => {
      begun += 1;
      bytes += 1;
      throw soon();
    }),
  );
  await clock.advanceAsync(60_000);
  await never;
  t.equal(begun, 5);
});

t.test('what somebody has to mend is not tried again, nor what takes too long to wait for', async (t) => {
  const clock = new FakeClock();
  for (const fault of [
    new FetchFault('UPDATE_FETCH', 'later', 'No.'),
    soon(400_000),
    new Error('a defect'),
  ]) {
    let begun = 0;
    const work = () => {
      begun += 1;
      return Promise.reject(fault);
    };
    await t.rejects(tries(clock).tries.run(work), fault);
    t.equal(begun, 1);
  }
  const asked = tries(clock).tries.run(() => Promise.reject(soon(200_000)));
  const rejected = t.rejects(asked, /It failed/);
  await clock.advanceAsync(800_000);
  await rejected;
});

t.test('waiting for the window counts neither as a failure nor as time', async (t) => {
  const clock = new FakeClock();
  let open = true;
  const mayGoOn = () => (open ? undefined : { reason: 'night', forMs: 36_000_000 });
  const { tries: some, waited } = tries(clock, {
    mayGoOn,
    limits: { maxBytes: 1, stallMs: 1e6, deadlineMs: 200_000 },
  });
  let begun = 0;
  const run = some.run(
    (attempt) =>
      new Promise<string>((resolve, reject) => {
        begun += 1;
        attempt.signal.addEventListener('abort', () => reject(attempt.signal.reason));
        if (begun === 3) resolve('whole');
      }),
  );
  for (let night = 0; night < 2; night += 1) {
    await clock.advanceAsync(20_000);
    open = false;
    await clock.advanceAsync(3_600_000);
    open = true;
    await clock.advanceAsync(60_000);
  }
  t.equal(await run, 'whole');
  t.equal(begun, 3);
  t.ok(waited.includes('night'));
});

t.test('who gives up does not wait for the next try', async (t) => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const { tries: some } = tries(clock, { signal: stop.signal });
  const run = t.rejects(
    some.run(() => Promise.reject(soon())),
    /enough/,
  );
  await clock.advanceAsync(100);
  stop.abort(new Error('enough'));
  await run;
  t.equal(clock.pending, 0);
});
