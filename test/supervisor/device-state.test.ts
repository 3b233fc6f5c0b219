/** One state for the whole device. */

import t from 'tap';
import { noDrops } from '../../dist/core/drops.js';
import { HEALTHY } from '../../dist/core/service.js';
import type { CameraEntry } from '../../dist/supervisor/camera-board.js';
import { type DeviceParts, deviceState, statusLine } from '../../dist/supervisor/device-state.js';

function camera(change: Partial<CameraEntry> = {}): CameraEntry {
  return {
    camera: 'gate',
    state: 'online',
    error: undefined,
    reconnects: 0,
    fps: 25,
    lastFrameAgeMs: 10,
    analysed: 1,
    drops: noDrops(),
    failed: 0,
    ...change,
  };
}

function parts(change: Partial<DeviceParts> = {}): DeviceParts {
  return {
    worker: { state: 'ready', health: HEALTHY, failing: false },
    services: [{ name: 'mqtt', health: HEALTHY }],
    cameras: [camera()],
    everReady: true,
    ...change,
  };
}

t.test('all well is ready', async (t) => {
  t.strictSame(deviceState(parts()), { state: 'ready', reason: '' });
});

t.test('a worker that loads its first models is starting', async (t) => {
  const worker = {
    state: 'starting' as const,
    health: { state: 'degraded' as const, reason: 'loading' },
    failing: false,
  };
  t.strictSame(deviceState(parts({ worker, everReady: false })), { state: 'starting', reason: 'loading' });
});

t.test('a worker that starts for a new configuration is updating', async (t) => {
  const worker = {
    state: 'starting' as const,
    health: { state: 'degraded' as const, reason: 'loading' },
    failing: false,
  };
  t.strictSame(deviceState(parts({ worker })), { state: 'updating', reason: 'loading' });
});

t.test('of many faulty cameras three are named and the others counted', async (t) => {
  const many = Array.from({ length: 20 }, (_, index) => camera({ camera: `c${index}`, state: 'offline' }));
  t.match(deviceState(parts({ cameras: many })).reason, /"c0".*"c1".*"c2": offline And 17 more cameras\.$/);
});

t.test('a worker that starts again is degraded, not starting', async (t) => {
  const worker = {
    state: 'starting' as const,
    health: { state: 'degraded' as const, reason: 'it crashed' },
    failing: true,
  };
  t.strictSame(deviceState(parts({ worker })), { state: 'degraded', reason: 'worker: it crashed' });
});

t.test('a first worker that failed is degraded while the next one starts', async (t) => {
  const health = { state: 'degraded' as const, reason: 'no bundle' };
  const worker = { state: 'starting' as const, health, failing: true };
  t.match(deviceState(parts({ worker, everReady: false })), { state: 'degraded', reason: /no bundle/ });
});

t.test('every fault is named', async (t) => {
  const error = { code: 'CAMERA_LOST' as const, message: 'no frame for 10 s.' };
  const state = deviceState(
    parts({
      services: [{ name: 'mqtt', health: { state: 'degraded', reason: 'no broker.' } }],
      cameras: [camera({ state: 'offline', error }), camera({ camera: 'yard', state: 'offline' })],
    }),
  );
  t.strictSame(state, {
    state: 'degraded',
    reason: 'mqtt: no broker. camera "gate": no frame for 10 s. camera "yard": offline',
  });
});

t.test('a file that has ended is no fault, one that could not be read is', async (t) => {
  t.equal(deviceState(parts({ cameras: [camera({ state: 'ended' })] })).state, 'ready');
  const error = { code: 'VIDEO_UNREADABLE' as const, message: 'no picture.' };
  t.equal(deviceState(parts({ cameras: [camera({ state: 'ended', error })] })).state, 'degraded');
});

t.test('the status line counts enabled cameras and adds their rates', async (t) => {
  const cameras = [camera(), camera({ fps: undefined }), camera({ state: 'disabled' })];
  t.equal(statusLine({ state: 'ready', reason: '' }, cameras), 'ready: 2 of 2 cameras online, 25.0 frames/s');
  t.match(
    statusLine({ state: 'degraded', reason: 'mqtt: no broker' }, []),
    /^degraded: 0 of 0 .*; mqtt: no broker$/,
  );
});

t.test('a model that does not run as it is configured makes the device degraded', (t) => {
  const complaint = 'model "people": tensorrt is not used, cuda serves: It crashed.';
  t.strictSame(deviceState(parts({ complaints: [complaint] })), { state: 'degraded', reason: complaint });
  const many = Array.from({ length: 9 }, (_, index) => `no. ${index}`);
  t.equal(deviceState(parts({ complaints: many })).reason, 'no. 0 no. 1 no. 2');
  t.end();
});

t.test('the status line tells what goes on beside the detection', (t) => {
  t.equal(
    statusLine({ state: 'ready', reason: '' }, [camera()], 'building the CPU fp32 engine of people'),
    'ready: 1 of 1 cameras online, 25.0 frames/s; building the CPU fp32 engine of people',
  );
  t.end();
});
