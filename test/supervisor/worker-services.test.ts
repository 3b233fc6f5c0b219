/** What the health of a worker's parts is, from what is known of it. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { HEALTHY } from '../../dist/core/service.js';
import type { CameraReport } from '../../dist/ipc/protocol.js';
import { type WorkerFacts, workerServices } from '../../dist/supervisor/worker-services.js';

const STANDING = { silentMs: 900, owedMs: undefined, act: undefined };

function services(change: Partial<WorkerFacts> = {}): Record<string, string> {
  const facts = {
    health: HEALTHY,
    hangMs: 8000,
    standing: STANDING,
    fault: undefined,
    cameras: [],
    ...change,
  };
  return Object.fromEntries(
    workerServices(facts).map(({ name, state, reason }) => [name, `${state} ${reason}`.trim()]),
  );
}

const report = (camera: string, state: CameraReport['state'], code?: string): CameraReport => ({
  camera,
  state,
  reconnects: 0,
  ...(code === undefined ? {} : { error: { code: code as never, message: 'rtsp://me:secret@gate' } }),
});

const FINE = { worker: 'ok', inference: 'ok', gstreamer: 'ok', cameras: 'ok' };

t.test('a worker that serves is ok in all its parts', async (t) => {
  t.strictSame(services({ cameras: [report('gate', 'online'), report('clip', 'ended')] }), FINE);
});

t.test('without a worker that serves nothing else is ok either', async (t) => {
  const health = { state: 'degraded', reason: 'loading the models' } as const;
  t.strictSame(services({ health, standing: undefined }), {
    worker: 'degraded loading the models',
    inference: 'degraded no worker serves',
    gstreamer: 'degraded no worker serves',
    cameras: 'ok',
  });
});

const owed = (owedMs: number) => services({ standing: { ...STANDING, owedMs } });
t.test('an inference is degraded from half the limit on, and stuck beyond it', async (t) => {
  t.strictSame(owed(4000), FINE);
  t.strictSame(owed(4100), { ...FINE, inference: 'degraded frames arrive but no result has come for 4.1 s' });
  t.strictSame(owed(8100), { ...FINE, inference: 'stuck frames arrive but no result has come for 8.1 s' });
});

t.test('a blocked event loop is the worker, unless it is in GStreamer', async (t) => {
  const act = { camera: 'gate', doing: 'closing' } as const;
  const silent = (silentMs: number, inGstreamer: boolean) =>
    services({ standing: { ...STANDING, silentMs, act: inGstreamer ? act : undefined } });
  t.strictSame(silent(4100, false), {
    ...FINE,
    worker: 'degraded its event loop has been blocked for 4.1 s',
  });
  t.strictSame(silent(8100, false), { ...FINE, worker: 'stuck its event loop has been blocked for 8.1 s' });
  t.strictSame(silent(2900, true), FINE);
  t.strictSame(silent(3100, true), {
    ...FINE,
    gstreamer: 'degraded has not come back from closing camera "gate" for 3.1 s',
  });
  t.strictSame(silent(8100, true), {
    ...FINE,
    gstreamer: 'stuck has not come back from closing camera "gate" for 8.1 s',
  });
});

t.test('one that is being ended says why', async (t) => {
  const fault = new DetectdError('WORKER_HUNG', 'The worker hangs.');
  t.strictSame(services({ fault }), { ...FINE, worker: 'degraded is being replaced: The worker hangs.' });
});

t.test('cameras that are offline are named, not quoted, and five of them do', async (t) => {
  const one = [report('yard', 'online'), report('gate', 'offline', 'CAMERA_LOST')];
  t.strictSame(services({ cameras: one }), { ...FINE, cameras: 'degraded offline: "gate" (CAMERA_LOST)' });
  const many = Array.from({ length: 7 }, (_, index) => report(`c${index}`, 'offline'));
  t.equal(
    services({ cameras: many })['cameras'],
    'degraded offline: "c0", "c1", "c2", "c3", "c4" and 2 more',
  );
});

t.test('a camera of which nothing is decoded is GStreamer, too', async (t) => {
  const cameras = [{ ...report('gate', 'offline', 'CAMERA_DECODER'), stuck: true }];
  t.strictSame(services({ cameras }), {
    ...FINE,
    gstreamer: 'degraded decodes nothing, however often it is opened, of "gate" (CAMERA_DECODER)',
    cameras: 'degraded offline: "gate" (CAMERA_DECODER)',
  });
});
