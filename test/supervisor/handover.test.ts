/** The passage from one worker to the next, step by step, with workers that do what the test says. */
import t from 'tap';
import type { CameraState } from '../../dist/core/camera-state.js';
import type { WorkerMessage } from '../../dist/ipc/protocol.js';
import { Handover } from '../../dist/supervisor/handover.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { frameResult } from '../helpers/frame-result.js';
import { cameraPlan } from '../helpers/plans.js';
import { WorkerDouble } from '../helpers/worker-double.js';

const CAMERAS = [
  cameraPlan(),
  cameraPlan({ name: 'yard' }),
  cameraPlan({ name: 'usb', source: { kind: 'v4l2', device: '/dev/video0' } }),
];

interface Setup {
  handover: Handover;
  old: WorkerDouble;
  next: WorkerDouble;
  clock: FakeClock;
  /** What came of it, in order. */
  seen: string[];
  say: (worker: WorkerDouble, message: WorkerMessage) => void;
}

function setup(cameras = CAMERAS, keep = false): Setup {
  const clock = new FakeClock();
  const old = new WorkerDouble('old', cameras);
  const next = new WorkerDouble('next', []);
  old.becomeReady();
  const seen: string[] = [];
  const handover = new Handover({
    old: old.worker,
    next: next.worker,
    clock,
    onMessage: (message) => seen.push(describe(message)),
    onTakenOver: (names) => seen.push(`taken over: ${names.join(' ')}`),
    onIdle: keep ? () => seen.push('idle') : undefined,
  });
  const say = (worker: WorkerDouble, message: WorkerMessage): void => handover.take(worker.worker, message);
  return { handover, old, next, clock, seen, say };
}

function describe(message: WorkerMessage): string {
  if (message.type === 'ready') return `ready: ${message.models[0]?.family}`;
  if (message.type === 'result') return `result: ${message.result.camera}`;
  if (message.type === 'camera') return `camera: ${message.report.camera} ${message.report.state}`;
  return message.type;
}

const result = (camera: string): WorkerMessage => ({ type: 'result', result: frameResult({ camera }) });
const report = (camera: string, state: CameraState): WorkerMessage => ({
  type: 'camera',
  report: { camera, state, reconnects: 0 },
});

/** To where the next worker has opened what both can play. */
function sharing(keep = false): Setup {
  const it = setup(CAMERAS, keep);
  it.next.becomeReady();
  it.handover.share(CAMERAS);
  return it;
}

t.test('while the next worker loads its models only the old one is heard', async (t) => {
  const { handover, old, next, seen, say } = setup();
  say(old, result('gate'));
  say(next, { type: 'ready', models: [] });
  t.strictSame(seen, ['result: gate']);
  t.ok(handover.warming);
});

t.test('cameras go over one by one, those that only one can open last', async (t) => {
  const { handover, old, next, seen, say, clock } = sharing();
  t.strictSame(next.told, ['cameras: gate yard'], 'it opens what can be opened twice');
  say(next, report('gate', 'online'));
  say(old, result('gate'));
  say(next, result('gate'));
  t.strictSame(seen, [
    'result: gate',
    'ready: next',
    'taken over: gate',
    'camera: gate online',
    'result: gate',
  ]);
  t.strictSame(old.told, ['cameras: yard usb'], 'the old one closes it');
  say(old, result('gate'));
  say(old, result('usb'));
  seen.length = 0;
  say(next, result('yard'));
  t.strictSame(seen, ['taken over: yard', 'result: yard']);
  t.strictSame(old.told, ['cameras: yard usb', 'cameras: usb', 'stop'], 'then it ends');
  t.ok(handover.closing);
  t.equal(clock.pending, 0, 'no timer is left');
  say(old, result('usb'));
  handover.finish();
  t.strictSame(seen.slice(2), ['result: usb', 'taken over: usb']);
});

t.test('a camera that refuses a second client is closed there and goes over with the rest', async (t) => {
  const { handover, next, old, say } = sharing();
  say(next, report('gate', 'offline'));
  t.strictSame(next.told, ['cameras: gate yard', 'cameras: yard']);
  say(next, result('yard'));
  t.strictSame(old.told, ['cameras: gate usb', 'stop']);
  handover.finish();
});

t.test('a camera without a picture is not waited for longer than ten seconds', async (t) => {
  const { handover, next, old, clock, seen, say } = sharing();
  say(next, report('gate', 'connecting'));
  say(next, result('yard'));
  clock.advance(9999);
  t.notOk(handover.closing);
  clock.advance(1);
  t.ok(handover.closing);
  say(next, result('gate'));
  t.strictSame(old.told, ['cameras: gate usb', 'stop'], 'what ends is not told to close anything');
  t.ok(seen.includes('result: gate'), 'its picture comes while the old one ends');
  handover.finish();
});

t.test('without a camera to share the old worker ends at once', async (t) => {
  const { handover, next, old, seen } = setup([]);
  next.becomeReady();
  handover.share([]);
  t.strictSame(old.told, ['stop']);
  handover.finish();
  t.strictSame(seen, ['ready: next', 'taken over: ']);
});

t.test('a next worker that dies gives back what it had taken', async (t) => {
  const { handover, next, old, seen, say } = sharing();
  say(next, result('gate'));
  seen.length = 0;
  handover.rollBack();
  t.strictSame(old.told, ['cameras: yard usb', 'cameras: gate yard usb']);
  t.strictSame(seen, ['taken over: gate', 'ready: old']);
});

t.test('one that dies before it took anything disturbs nobody', async (t) => {
  const { handover, old, seen, clock } = sharing();
  handover.rollBack();
  t.equal(clock.pending, 0, 'no timer is left');
  t.strictSame(old.told, []);
  t.strictSame(seen, ['taken over: ']);
  const warming = setup();
  warming.handover.rollBack();
  t.strictSame(warming.seen, []);
});

t.test('an old worker that dies leaves everything to the next', async (t) => {
  const { handover, next, seen, say, clock } = sharing();
  say(next, report('gate', 'online'));
  handover.finish();
  t.equal(clock.pending, 0, 'no timer is left');
  t.strictSame(seen, ['ready: next', 'taken over: gate yard usb', 'camera: gate online']);
});

t.test('abandoned, both end: one without cameras at once, the others in order', async (t) => {
  const warming = setup();
  await warming.handover.abandon();
  t.strictSame([warming.old.told, warming.next.told], [['stop'], ['kill']]);
  const { handover, old, next, clock } = sharing();
  await handover.abandon();
  t.equal(clock.pending, 0, 'no timer is left');
  t.strictSame([old.told, next.told.at(-1)], [['stop'], 'stop']);
});

t.test('an old worker that is kept closes what it has left and is not ended', async (t) => {
  const { handover, old, next, seen, say, clock } = sharing(true);
  say(old, { type: 'idle' });
  say(next, result('gate'));
  say(next, result('yard'));
  t.strictSame(old.told, ['cameras: yard usb', 'cameras: usb', 'cameras: ']);
  t.notOk(handover.closing, 'there is a way back');
  t.equal(clock.pending, 0, 'no timer is left');
  t.notOk(seen.includes('idle'), 'what it closed before does not count');
  say(old, { type: 'idle' });
  t.equal(seen.at(-1), 'idle');
  handover.finish();
  t.equal(seen.at(-1), 'taken over: usb');
});

t.test('a next worker that dies while the kept one closes its cameras gives all back', async (t) => {
  const { handover, old, next, seen, say } = sharing(true);
  say(next, result('gate'));
  say(next, result('yard'));
  handover.rollBack();
  t.equal(old.told.at(-1), 'cameras: gate yard usb');
  t.strictSame(seen.slice(-2), ['taken over: gate yard', 'ready: old']);
});
