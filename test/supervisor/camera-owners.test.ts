/** One owner per camera while one worker takes over from another. */
import t from 'tap';
import type { CameraState } from '../../dist/core/camera-state.js';
import { noDrops } from '../../dist/core/drops.js';
import type { Source } from '../../dist/core/source.js';
import type { WorkerMessage } from '../../dist/ipc/protocol.js';
import { CameraOwners, canShare } from '../../dist/supervisor/camera-owners.js';
import { frameResult } from '../helpers/frame-result.js';
import { cameraPlan } from '../helpers/plans.js';

const OWN: Source = { kind: 'v4l2', device: '/dev/video0' };

function owners(old: Record<string, CameraState> = { gate: 'online', usb: 'online' }): CameraOwners {
  const cameras = [cameraPlan(), cameraPlan({ name: 'usb', source: OWN }), cameraPlan({ name: 'added' })];
  return new CameraOwners(cameras, new Map(Object.entries(old)));
}

const result = (camera = 'gate'): WorkerMessage => ({ type: 'result', result: frameResult({ camera }) });
const report = (state: CameraState, camera = 'gate'): WorkerMessage => ({
  type: 'camera',
  report: { camera, state, reconnects: 0 },
});

t.test('what can be opened beside the worker that has it', async (t) => {
  const file: Source = { kind: 'file', path: '/srv/clip.mp4' };
  t.ok(canShare(cameraPlan()));
  t.ok(canShare(cameraPlan({ everyFrame: true })), 'a live source has no every frame');
  t.ok(canShare(cameraPlan({ source: file, loop: true })));
  t.notOk(canShare(cameraPlan({ source: file })), 'it would start over');
  t.notOk(canShare(cameraPlan({ source: file, loop: true, everyFrame: true })), 'each of its frames counts');
  t.notOk(canShare(cameraPlan({ source: OWN })));
});

t.test('a camera goes over with the first result of the next worker', async (t) => {
  const it = owners();
  t.strictSame(it.fromOld(result()), [result()]);
  t.strictSame(it.fromNext(report('connecting')), { pass: [] });
  t.strictSame(it.fromNext(report('online')), { pass: [] });
  t.ok(it.waiting);
  t.strictSame(it.fromNext(result()), { pass: [report('online'), result()], taken: 'gate' });
  t.notOk(it.waiting);
  t.strictSame(it.fromOld(result()), [], 'the old worker has no say any more');
  t.strictSame(it.fromOld(report('offline')), []);
  t.strictSame(it.fromNext(result()), { pass: [result()] });
  t.strictSame(it.fromNext(report('offline')), { pass: [report('offline')] });
});

t.test('the old worker speaks for its cameras until then', async (t) => {
  const it = owners();
  t.strictSame(it.fromOld(report('offline')), [report('offline')]);
  t.strictSame(it.fromOld({ type: 'stopped' }), []);
});

t.test('counters are those of its own cameras', async (t) => {
  const it = owners();
  const counters = {
    captured: 1,
    analysed: 1,
    drops: noDrops(),
    failed: 0,
    reconnects: 0,
    lastFrameAgeMs: 1,
  };
  const usage = {
    waitingFrames: 0,
    unsentResults: 0,
    deadPipelines: 0,
    rssBytes: 1,
    cpuMs: 1,
    inferMs: 1,
    decodeMs: 1,
  };
  const cameras = ['gate', 'usb', 'gone'].map((camera) => ({ camera, ...counters }));
  const beat: WorkerMessage = { type: 'heartbeat', cameras, usage, inferringMs: null };
  const kept = (): string[] =>
    it.fromOld(beat).flatMap((m) => (m.type === 'heartbeat' ? m.cameras.map(({ camera }) => camera) : []));
  t.strictSame(kept(), ['gate', 'usb']);
  it.fromNext(result());
  t.strictSame(kept(), ['usb']);
  t.strictSame(it.fromNext(beat), { pass: [] });
});

t.test('a camera that the old worker has no pictures of goes over with the first word on it', async (t) => {
  for (const state of ['online', 'offline', 'ended'] as const) {
    const it = owners({ gate: 'offline' });
    t.strictSame(it.fromNext(report('connecting')), { pass: [] }, 'which is not that it is tried');
    t.strictSame(it.fromNext(report(state)), { pass: [report(state)], taken: 'gate' });
  }
  const lost = owners();
  lost.fromOld(report('offline'));
  t.match(lost.fromNext(report('online')), { taken: 'gate' }, 'as the old worker said last');
});

t.test('one that allows no second client stays where it is', async (t) => {
  const it = owners();
  t.strictSame(it.fromNext(report('offline')), { pass: [], refused: 'gate' });
  t.notOk(it.waiting);
  t.strictSame(it.fromNext(report('offline')), { pass: [] }, 'said once');
  t.strictSame(it.fromNext(result()), { pass: [] }, 'a late picture changes nothing');
  t.strictSame(it.fromOld(result()), [result()]);
});

t.test('a camera that only one can open is not waited for, and goes over with the rest', async (t) => {
  const it = owners();
  it.fromNext(result());
  t.notOk(it.waiting);
  t.strictSame(it.of('old'), ['usb']);
  t.strictSame(it.takeRest(), []);
  t.strictSame(it.of('old'), []);
  t.strictSame(it.fromNext(result('usb')), { pass: [result('usb')] });
});

t.test(
  'what was said last of a camera that is still awaited is told when it goes over with the rest',
  async (t) => {
    const it = owners();
    it.fromNext(report('connecting'));
    it.fromNext(report('online'));
    t.strictSame(it.takeRest(), [report('online')]);
  },
);

t.test('a camera that the old worker does not have is the next one’s from the start', async (t) => {
  const it = owners();
  t.strictSame(it.of('next'), ['added']);
  t.strictSame(it.fromNext(result('added')), { pass: [result('added')] });
  t.strictSame(it.fromOld(result('added')), []);
});

t.test('nobody speaks for a camera that is not wanted any more', async (t) => {
  const it = owners({ gate: 'online', removed: 'online' });
  t.strictSame(it.fromOld(result('removed')), []);
  t.strictSame(it.fromOld(report('online', 'removed')), []);
  t.strictSame(it.fromNext(result('removed')), { pass: [] });
  t.strictSame(it.fromNext(report('online', 'removed')), { pass: [] });
});
