/** What is taken of an archive: within its limit, no faster than allowed. */
import t from 'tap';
import { Attempt } from '../../../dist/models/fetch/attempt.js';
import type { Download } from '../../../dist/models/fetch/download.js';
import { Intake, tooLarge } from '../../../dist/models/fetch/intake.js';
import { Throttle } from '../../../dist/models/fetch/throttle.js';
import { FakeClock } from '../../helpers/fake-clock.js';

function parts(change: object = {}) {
  const clock = new FakeClock();
  const signal = new AbortController().signal;
  const limits = { maxBytes: 1000, stallMs: 1000, deadlineMs: 1e9 };
  const attempt = new Attempt({ where: 'here', clock, signal, ...limits, mayGoOn: undefined });
  attempt.start();
  const download = {
    bytes: 0,
    append: async (piece: Uint8Array) => {
      download.bytes += piece.length;
    },
  };
  const intake = new Intake(download as unknown as Download, attempt, { limits, ...change });
  return { clock, attempt, download, intake };
}

t.test('too much is refused when it is told, and when it comes', async (t) => {
  const asked: number[] = [];
  const makeRoom = async (bytes: number, have: number): Promise<void> => void asked.push(bytes, have);
  const { intake, download } = parts({ makeRoom });
  await intake.admit(1000);
  t.strictSame(asked, [1000, 0]);
  await t.rejects(intake.admit(1001), { code: 'UPDATE_TOO_LARGE', again: 'never' });
  await intake.take(Buffer.alloc(1000));
  await t.rejects(intake.take(Buffer.alloc(1)), { code: 'UPDATE_TOO_LARGE' });
  t.equal(download.bytes, 1000);
  t.match(tooLarge('The archive', 1024 * 2 ** 20), { message: 'The archive is larger than 1074 MB.' });
});

t.test('the limit of bytes is no silence of the other side', async (t) => {
  const { clock, intake, attempt } = parts();
  const slow = new Intake({ bytes: 0, append: async () => undefined } as unknown as Download, attempt, {
    limits: { maxBytes: 1e6, stallMs: 1000, deadlineMs: 1e9 },
    throttle: new Throttle(clock, 100),
  });
  const taken = slow.take(Buffer.alloc(1000));
  await clock.advanceAsync(60_000);
  await clock.advanceAsync(0);
  t.equal(await Promise.race([taken.then(() => 'taken'), clock.advanceAsync(0)]), 'taken');
  t.ok(intake);
});

t.test('what comes after the try was cut off is kept, and ends it', async (t) => {
  const { clock, intake, attempt, download } = parts();
  clock.advance(1000);
  t.ok(attempt.signal.aborted);
  await t.rejects(intake.take(Buffer.alloc(10)), { code: 'UPDATE_FETCH' });
  t.equal(download.bytes, 10);
});
