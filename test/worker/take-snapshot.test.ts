/** What a worker answers when a picture is wanted. */
import t from 'tap';
import type { Jpeg } from '../../dist/capture/jpeg-tap.js';
import type { CameraState } from '../../dist/core/camera-state.js';
import { takeSnapshot } from '../../dist/worker/take-snapshot.js';
import { FakeClock } from '../helpers/fake-clock.js';

const wish = { type: 'snapshot', id: 7, camera: 'gate', quality: 80 } as const;
const clock = new FakeClock({ monotonicUs: 5_000_000 });

/** A camera whose pictures are as large as `sizes` says for each quality that is asked for. */
function camera(sizes: (quality: number) => number | undefined, state: CameraState = 'online') {
  const asked: number[] = [];
  return {
    asked,
    state,
    jpeg: async (quality: number): Promise<Jpeg | undefined> => {
      asked.push(quality);
      const bytes = sizes(quality);
      return bytes === undefined ? undefined : { bytes: Buffer.alloc(bytes, 1), width: 64, height: 48 };
    },
  };
}

t.test('the picture, with its size and time', async (t) => {
  t.strictSame(
    await takeSnapshot(
      wish,
      camera(() => 3),
      clock,
    ),
    {
      type: 'snapshot',
      id: 7,
      picture: { jpeg: 'AQEB', width: 64, height: 48, capturedAtUs: 5_000_000 },
    },
  );
});

t.test('one that is too large is taken again in lower quality, and given up in the end', async (t) => {
  const large = camera((quality) => (quality > 50 ? 3_000_000 : 1000));
  t.match(await takeSnapshot(wish, large, clock), { type: 'snapshot' });
  t.strictSame(large.asked, [80, 48]);
  const hopeless = camera(() => 3_000_000);
  t.match(await takeSnapshot({ ...wish, quality: 1 }, hopeless, clock), {
    type: 'snapshot-failed',
    id: 7,
    error: { code: 'SNAPSHOT_UNAVAILABLE', message: /larger than 2 MiB/ },
  });
  t.strictSame(hopeless.asked, [1, 1, 1]);
});

t.test('without a picture the reason', async (t) => {
  const failed = { type: 'snapshot-failed', id: 7 };
  t.match(await takeSnapshot(wish, undefined, clock), { ...failed, error: { message: /is not open/ } });
  const offline = camera(() => 3, 'offline');
  t.match(await takeSnapshot(wish, offline, clock), { ...failed, error: { message: /is offline/ } });
  t.strictSame(offline.asked, []);
  t.match(
    await takeSnapshot(
      wish,
      camera(() => undefined),
      clock,
    ),
    {
      ...failed,
      error: { code: 'SNAPSHOT_UNAVAILABLE', hint: /plugins-good/ },
    },
  );
  const broken = { state: 'online' as const, jpeg: () => Promise.reject(new Error('no picture')) };
  t.match(await takeSnapshot(wish, broken, clock), {
    ...failed,
    error: { code: 'SNAPSHOT_UNAVAILABLE', message: 'no picture' },
  });
});
