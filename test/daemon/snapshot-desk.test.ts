/** Pictures of cameras: from whom, how long they are waited for, and what is said where there is none. */

import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { noDrops } from '../../dist/core/drops.js';
import { SnapshotDesk, type SnapshotDeskOptions } from '../../dist/daemon/snapshot-desk.js';
import { testConfig } from '../helpers/config.js';
import { FakeClock } from '../helpers/fake-clock.js';

const JPEG = Buffer.from([0xff, 0xd8, 1, 2]);
const entry = {
  camera: 'gate',
  reconnects: 0,
  ...{ fps: undefined, lastFrameAgeMs: undefined, error: undefined },
  ...{ analysed: 0, drops: noDrops(), failed: 0 },
};

function rig(fps?: number, overrides: Partial<SnapshotDeskOptions> = {}) {
  const waits: number[] = [];
  const published: [string, number][] = [];
  let jpeg = JPEG.toString('base64');
  const desk = new SnapshotDesk({
    clock: new FakeClock({ monotonicUs: 3_000_000, wallMs: Date.UTC(2026, 10, 23) }),
    config: () =>
      testConfig({ cameras: { gate: { source: 'test:ball', model: 'people', ...(fps ? { fps } : {}) } } }),
    entries: () => [{ ...entry, state: 'online' }],
    player: () => ({
      snapshot: async (_camera, _quality, timeoutMs) => {
        waits.push(timeoutMs);
        return { jpeg, width: 64, height: 48, capturedAtUs: 2_000_000 };
      },
    }),
    publish: (camera, bytes) => {
      published.push([camera, bytes.byteLength]);
      return `detectd/dock-3/cameras/${camera}/snapshot`;
    },
    ...overrides,
  });
  return {
    desk,
    waits,
    published,
    send: (text: string) => {
      jpeg = text;
    },
  };
}

t.test('a picture is published, and its size and time are told', async (t) => {
  const { desk, published } = rig();
  t.strictSame(await desk.show('gate', 80), {
    camera: 'gate',
    topic: 'detectd/dock-3/cameras/gate/snapshot',
    bytes: 4,
    width: 64,
    height: 48,
    ts: '2026-11-22T23:59:59.000Z',
  });
  t.strictSame(published, [['gate', 4]]);
});

t.test('a camera that is read now and then is waited for longer', async (t) => {
  const waits = async (fps?: number) => {
    const { desk, waits } = rig(fps);
    await desk.take('gate', 80);
    return waits[0];
  };
  t.strictSame(
    [await waits(), await waits(10), await waits(0.5), await waits(0.01)],
    [5000, 5200, 9000, 30_000],
  );
});

t.test('where nobody plays the camera its state and the reason are said', async (t) => {
  const error = { code: 'CAMERA_OPEN' as const, message: 'No route to host.' };
  const player = () => undefined;
  await t.rejects(
    rig(1, { player, entries: () => [{ ...entry, state: 'offline', error }] }).desk.take('gate', 80),
    {
      code: 'SNAPSHOT_UNAVAILABLE',
      message: 'The camera "gate" is offline: No route to host.',
    },
  );
  await t.rejects(
    rig(1, { player, entries: () => [{ ...entry, state: 'disabled' }] }).desk.take('gate', 80),
    {
      message: /disabled/,
      hint: /Switch it on/,
    },
  );
  await t.rejects(rig(1, { player, entries: () => [] }).desk.take('gate', 80), { message: /not open yet/ });
  for (const name of ['yard', '__proto__', 'toString'])
    await t.rejects(rig().desk.take(name, 80), { code: 'COMMAND_UNKNOWN' });
});

t.test('what is no picture is not published, and what cannot be published is said', async (t) => {
  const it = rig();
  for (const text of ['', 'AQEB', '!!']) {
    it.send(text);
    await t.rejects(it.desk.show('gate', 80), { code: 'SNAPSHOT_UNAVAILABLE', message: /no picture/ });
  }
  t.strictSame(it.published, []);
  const publish = () => {
    throw new DetectdError('MQTT_TOO_LARGE', 'Too large.');
  };
  await t.rejects(rig(1, { publish }).desk.show('gate', 80), { code: 'MQTT_TOO_LARGE' });
});

t.test('a camera that is switched off is said to be, though a worker plays others', async (t) => {
  const off = { source: 'test:ball', model: 'people', enabled: false };
  const { desk, waits } = rig(1, {
    config: () => testConfig({ cameras: { gate: off } }),
    entries: () => [{ ...entry, state: 'disabled' }],
  });
  await t.rejects(desk.take('gate', 80), { message: /disabled/, hint: /Switch it on/ });
  t.strictSame(waits, [], 'no worker is asked');
});
