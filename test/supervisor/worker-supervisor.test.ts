/** Workers that follow one another, against children that behave as scripted. */

import { pino } from 'pino';
import t, { type Test } from 'tap';
import type { DetectdError } from '../../dist/base/errors.js';
import type { WorkerPlan } from '../../dist/core/worker-plan.js';
import { PROTOCOL_VERSION, type WorkerMessage } from '../../dist/ipc/protocol.js';
import { WorkerSupervisor } from '../../dist/supervisor/worker-supervisor.js';
import { CHILD_MODULE, childEnv } from '../helpers/child-script.js';
import { EventLog } from '../helpers/event-log.js';
import { FakeClock, settle } from '../helpers/fake-clock.js';
import { frameResult } from '../helpers/frame-result.js';
import { cameraPlan, modelPlan, workerPlan } from '../helpers/plans.js';
import { isAlive } from '../helpers/process-tree.js';
import { until } from '../helpers/until.js';
import { modelReport } from '../helpers/worker-parts.js';

const limits = { startMs: 60_000, hangMs: 10_000, stopMs: 4000 };
const restart = { initialMs: 1000, maxMs: 60_000, stableMs: 5000 };
type Script = Parameters<typeof childEnv>[0];
const GOOD: Script = {
  boot: [
    ['send', { type: 'hello', version: PROTOCOL_VERSION, pid: 1 }],
    ['send', { type: 'ready', models: [] }],
  ],
  cameras: [['send', { type: 'camera', report: { camera: 'yard', state: 'online', reconnects: 0 } }]],
  stop: [['exit', 0]],
};
const BAD: Script = { boot: [['exit', 3]] };

interface Setup {
  supervisor: WorkerSupervisor;
  clock: FakeClock;
  events: EventLog<WorkerMessage['type'] | 'ended' | 'fault'>;
  failures: { error: DetectdError | undefined; delayMs: number }[];
  /** Of workers that failed while another one served. */
  faults: Setup['failures'];
  messages: WorkerMessage[];
  takenOver: string[];
}

interface Options {
  plan?: WorkerPlan;
  /** Whether there is memory for two workers. */
  room?: boolean;
}

/** Each worker plays the next script; the last one is for all that follow. */
function setup(t: Test, scripts: Script | Script[], options: Options = {}): Setup {
  const left = [scripts].flat();
  const clock = new FakeClock();
  const events: Setup['events'] = new EventLog();
  const [failures, faults]: [Setup['failures'], Setup['failures']] = [[], []];
  const messages: WorkerMessage[] = [];
  const takenOver: string[] = [];
  const supervisor = new WorkerSupervisor({
    module: CHILD_MODULE,
    env: () => childEnv((left.length > 1 ? left.shift() : left[0]) as Script),
    plan: options.plan ?? workerPlan(),
    limits,
    restart,
    clock,
    log: pino({ level: 'silent' }),
    room: async () => ({ enough: options.room ?? true, why: 'it is a test' }),
    onMessage: (message) => {
      messages.push(message);
      events.add(message.type);
    },
    onEnded: (error, delayMs) => {
      failures.push({ error, delayMs });
      events.add('ended');
    },
    onFault: (error, delayMs) => {
      faults.push({ error, delayMs });
      events.add('fault');
    },
    onTakenOver: (cameras) => takenOver.push(...cameras),
  });
  t.teardown(() => supervisor.close());
  return { supervisor, clock, events, failures, faults, messages, takenOver };
}

t.test('a worker is started and ready, and close() ends it', async (t) => {
  const { supervisor, events, failures } = setup(t, GOOD);
  await supervisor.start(new AbortController().signal);
  t.equal(supervisor.state, 'starting');
  t.match(supervisor.health(), { state: 'degraded', reason: 'loading the models' });
  await events.next('ready');
  t.equal(supervisor.state, 'ready');
  t.equal(supervisor.health().state, 'ok');
  await supervisor.close();
  t.equal(supervisor.state, 'stopped');
  t.strictSame(failures, [{ error: undefined, delayMs: 0 }]);
});

t.test('a worker that dies is followed by another after a growing delay', async (t) => {
  const { supervisor, clock, events, failures } = setup(t, BAD);
  await supervisor.start(new AbortController().signal);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await events.next('ended');
    t.equal(supervisor.state, 'waiting');
    t.match(supervisor.health(), { state: 'degraded', reason: /exit status 3/ });
    clock.advance(failures[attempt]?.delayMs ?? 0);
  }
  const [first, second, third] = failures.map(({ delayMs }) => delayMs) as [number, number, number];
  t.ok(first >= 500 && first <= 1000, `first ${first}`);
  t.ok(second >= 1000 && second <= 2000, `second ${second}`);
  t.ok(third >= 2000 && third <= 4000, `third ${third}`);
});

t.test('after a stable period the delay starts over', async (t) => {
  const { supervisor, clock, events, failures } = setup(t, GOOD);
  await supervisor.start(new AbortController().signal);
  for (let run = 0; run < 3; run += 1) {
    await events.next('ready');
    if (run === 2) clock.advance(5000);
    process.kill(supervisor.pid as number, 'SIGKILL');
    await events.next('ended');
    clock.advance(failures[run]?.delayMs ?? 0);
  }
  t.match(failures[0]?.error, { code: 'WORKER_CRASHED' });
  t.ok((failures[1]?.delayMs ?? 0) >= 1000, 'the second delay is longer');
  t.ok((failures[2]?.delayMs ?? 0) <= 1000, 'the third is like the first');
});

t.test('other cameras go to the worker that runs', async (t) => {
  const { supervisor, events } = setup(t, GOOD);
  await supervisor.start(new AbortController().signal);
  await events.next('ready');
  const { pid } = supervisor;
  await supervisor.update(workerPlan({ cameras: [cameraPlan({ name: 'yard' })] }), limits, restart);
  await events.next('camera');
  t.equal(supervisor.pid, pid);
});

t.test('a changed plan does not wait for the delay of the one that failed', async (t) => {
  const { supervisor, clock, events } = setup(t, BAD);
  await supervisor.start(new AbortController().signal);
  await events.next('ended');
  await supervisor.update(workerPlan({ cacheFolder: '/elsewhere' }), limits, restart);
  t.equal(supervisor.state, 'starting');
  t.equal(clock.monotonicUs(), new FakeClock().monotonicUs(), 'no time has passed');
  await events.next('ended');
});

t.test('a start that was cancelled starts nothing', async (t) => {
  const { supervisor } = setup(t, GOOD);
  await supervisor.start(AbortSignal.abort());
  t.equal(supervisor.pid, undefined);
});

const OTHER = workerPlan({ models: [modelPlan({ bundle: '/srv/other' })] });
const result = (capturedAtUs: number): WorkerMessage => ({
  type: 'result',
  result: frameResult({ capturedAtUs }),
});
const ready = (family: string): WorkerMessage => ({ type: 'ready', models: [modelReport({ family })] });

/** Serves the camera gate; results come with the cameras it is given. */
function serving(family: string, atUs: number[], change: Script = {}): Script {
  return {
    boot: [['send', { type: 'hello', version: PROTOCOL_VERSION, pid: 1 }]],
    start: [['send', ready(family)]],
    cameras: atUs.map((us) => ['send', result(us)]),
    stop: [['exit', 0]],
    ...change,
  };
}

const families = (messages: WorkerMessage[]): (string | undefined)[] =>
  messages.flatMap((message) => (message.type === 'ready' ? [message.models[0]?.family] : []));

const captured = (messages: WorkerMessage[]): number[] =>
  messages.flatMap((message) => (message.type === 'result' ? [message.result.capturedAtUs] : []));

t.test('another model takes over from the one that serves', async (t) => {
  const { supervisor, events, messages, takenOver, failures } = setup(t, [
    serving('old', []),
    serving('next', [2000]),
  ]);
  await supervisor.start(new AbortController().signal);
  await events.next('ready');
  const { pid } = supervisor;
  await supervisor.update(OTHER, limits, restart);
  t.equal(supervisor.pid, pid, 'which serves on meanwhile');
  await events.next('result');
  t.equal(supervisor.state, 'ready');
  t.strictSame(families(messages), ['old', 'next']);
  t.strictSame(takenOver, ['gate']);
  await until(() => supervisor.pid !== pid);
  t.strictSame(failures, [], 'nothing has ended for anybody outside');
  t.equal(supervisor.health().state, 'ok');
});

t.test('without memory for both the one that serves ends first', async (t) => {
  const scripts = [serving('old', []), serving('next', [])];
  const { supervisor, events, failures, messages } = setup(t, scripts, { room: false });
  await supervisor.start(new AbortController().signal);
  await events.next('ready');
  await supervisor.update(OTHER, limits, restart);
  t.strictSame(failures, [{ error: undefined, delayMs: 0 }]);
  t.equal(supervisor.state, 'starting');
  await events.next('ready');
  t.strictSame(families(messages), ['old', 'next']);
});

t.test('pictures are never told out of order', async (t) => {
  const { supervisor, events, messages } = setup(t, [
    serving('old', [5000]),
    serving('next', [4000, 5000, 6000, 5500]),
  ]);
  await supervisor.start(new AbortController().signal);
  await events.next('ready');
  await supervisor.update(workerPlan({ cameras: [cameraPlan({ fps: 5 })] }), limits, restart);
  await events.next('result');
  await supervisor.update({ ...OTHER, cameras: [cameraPlan({ fps: 5 })] }, limits, restart);
  await until(() => captured(messages).includes(6000));
  await supervisor.close();
  t.strictSame(captured(messages), [5000, 5000, 6000]);
});

t.test('a next worker that fails leaves the one that serves, and is tried again', async (t) => {
  const { supervisor, clock, events, faults, failures, messages } = setup(t, [
    serving('old', []),
    BAD,
    BAD,
    serving('next', [2000]),
  ]);
  await supervisor.start(new AbortController().signal);
  await events.next('ready');
  const { pid } = supervisor;
  await supervisor.update(OTHER, limits, restart);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await events.next('fault');
    t.equal(supervisor.pid, pid);
    t.equal(supervisor.state, 'ready', 'detections have not stopped');
    t.notOk(supervisor.failing);
    t.match(supervisor.health(), { state: 'degraded', reason: /the one before serves on: .*exit status 3/ });
    clock.advance(faults[attempt]?.delayMs ?? 0);
  }
  t.match(faults, [{ error: { code: 'WORKER_CRASHED' } }, { delayMs: Number }]);
  t.ok((faults[1]?.delayMs ?? 0) >= (faults[0]?.delayMs ?? 0), 'the delay grows');
  await events.next('result');
  t.strictSame(families(messages), ['old', 'next']);
  t.strictSame(failures, []);
  await until(() => supervisor.health().state === 'ok');
});

t.test('back to the plan that is served: nothing is wrong any more', async (t) => {
  const { supervisor, events } = setup(t, [serving('old', []), BAD]);
  await supervisor.start(new AbortController().signal);
  await events.next('ready');
  await supervisor.update(OTHER, limits, restart);
  await events.next('fault');
  t.equal(supervisor.health().state, 'degraded');
  await supervisor.update(workerPlan(), limits, restart);
  t.equal(supervisor.health().state, 'ok');
});

t.test('an old worker that dies while the next one loads leaves everything to it', async (t) => {
  const slow = serving('next', [], { start: [], adjust: [['send', ready('next')]] });
  const { supervisor, events, failures, messages } = setup(t, [serving('old', []), slow]);
  await supervisor.start(new AbortController().signal);
  await events.next('ready');
  const { pid } = supervisor;
  await supervisor.update(OTHER, limits, restart);
  process.kill(pid as number, 'SIGKILL');
  await events.next('ended');
  t.match(failures, [{ error: { code: 'WORKER_CRASHED' }, delayMs: 0 }]);
  t.not(supervisor.pid, pid);
  t.equal(supervisor.state, 'starting');
  t.ok(supervisor.failing);
  // It is told nothing before it has said hello, hence again and again until it answers.
  for (let count = 0; !families(messages).includes('next'); count += 1) {
    const models = OTHER.models.map((model) => ({ ...model, threshold: (count % 9) / 10 }));
    await supervisor.update({ ...OTHER, models }, limits, restart);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  t.equal(supervisor.state, 'ready');
  t.notOk(supervisor.failing);
  t.strictSame(failures.length, 1, 'no third one was started');
});

t.test('an old worker that dies once cameras go over is told, and the next has them all', async (t) => {
  const added: WorkerMessage = { type: 'result', result: frameResult({ camera: 'added' }) };
  const { supervisor, events, faults, failures, takenOver } = setup(t, [
    serving('old', []),
    serving('next', [], { cameras: [['send', added]] }),
  ]);
  await supervisor.start(new AbortController().signal);
  await events.next('ready');
  const { pid } = supervisor;
  const cameras = [cameraPlan(), cameraPlan({ name: 'added' })];
  await supervisor.update({ ...OTHER, cameras }, limits, restart);
  // The next worker has opened both, but has no picture of the other one.
  await events.next('result');
  process.kill(pid as number, 'SIGKILL');
  await events.next('fault');
  t.match(faults, [{ error: { code: 'WORKER_CRASHED' }, delayMs: 0 }]);
  t.strictSame(failures, [], 'cameras are being played');
  t.strictSame(takenOver, ['gate']);
  t.equal(supervisor.state, 'ready');
});

t.test('another plan while the next worker loads: only the last one takes over', async (t) => {
  const { supervisor, events, messages } = setup(t, [
    serving('old', []),
    serving('never', [], { start: [] }),
    serving('third', [2000]),
  ]);
  await supervisor.start(new AbortController().signal);
  await events.next('ready');
  await supervisor.update(OTHER, limits, restart);
  await supervisor.update(workerPlan({ models: [modelPlan({ bundle: '/srv/third' })] }), limits, restart);
  await events.next('result');
  t.strictSame(families(messages), ['old', 'third']);
});

t.test('renew() has a fresh worker take over from the same plan', async (t) => {
  const { supervisor, events, messages } = setup(t, [serving('old', []), serving('fresh', [2000])]);
  await supervisor.start(new AbortController().signal);
  await events.next('ready');
  const { pid } = supervisor;
  await supervisor.renew('an engine is there');
  t.not(supervisor.pid, pid);
  t.strictSame(families(messages), ['old', 'fresh']);
});

t.test('renew() before the first worker is ready comes after it', async (t) => {
  const { supervisor, messages } = setup(t, [serving('old', []), serving('fresh', [2000])]);
  await supervisor.start(new AbortController().signal);
  await supervisor.renew('an engine is there');
  t.strictSame(families(messages), ['old', 'fresh']);
});

t.test('renew() rejects when the fresh worker fails, and the one before serves on', async (t) => {
  const { supervisor, events, faults, clock } = setup(t, [serving('old', []), BAD, serving('fresh', [2000])]);
  await supervisor.start(new AbortController().signal);
  await events.next('ready');
  const { pid } = supervisor;
  await t.rejects(supervisor.renew('an engine is there'), { code: 'WORKER_CRASHED' });
  t.equal(supervisor.pid, pid);
  t.equal(supervisor.health().state, 'ok', 'it serves what is wanted');
  t.strictSame(faults, [], 'who asked was told');
  clock.advance(limits.startMs);
  t.equal(supervisor.pid, pid, 'it is not tried again by itself');
  await supervisor.renew('once more');
  t.not(supervisor.pid, pid);
});

t.test('renew() waits for the end of files, and does not play them again', async (t) => {
  const clip = cameraPlan({ name: 'clip', source: { kind: 'file', path: '/srv/clip.mp4' } });
  const ended = { type: 'camera', report: { camera: 'clip', state: 'ended', reconnects: 0 } };
  const plan = workerPlan({ cameras: [cameraPlan(), clip] });
  const { supervisor, events, takenOver } = setup(
    t,
    [serving('old', [], { adjust: [['send', ended]] }), serving('fresh', [2000])],
    { plan },
  );
  await supervisor.start(new AbortController().signal);
  await events.next('ready');
  const { pid } = supervisor;
  const renewed = supervisor.renew('an engine is there');
  await supervisor.update({ ...plan, log: { level: 'debug', pretty: false } }, limits, restart);
  await events.next('camera');
  await renewed;
  t.not(supervisor.pid, pid);
  t.ok(takenOver.includes('gate'));
});

t.test('renew() that is urgent does not wait for files', async (t) => {
  const clip = cameraPlan({ name: 'clip', source: { kind: 'file', path: '/srv/clip.mp4' } });
  const scripts = [serving('old', []), serving('fresh', [2000])];
  const { supervisor, events } = setup(t, scripts, { plan: workerPlan({ cameras: [cameraPlan(), clip] }) });
  t.notOk(supervisor.playsFile);
  await supervisor.start(new AbortController().signal);
  await events.next('ready');
  t.ok(supervisor.playsFile);
  const { pid } = supervisor;
  const waiting = supervisor.renew('an engine is there');
  t.equal(supervisor.pid, pid);
  await supervisor.renew('it leaks', true);
  t.not(supervisor.pid, pid);
  await waiting;
});

t.test('close() ends both, and whoever waits', async (t) => {
  const { supervisor, events } = setup(t, [serving('old', []), serving('never', [], { start: [] })]);
  await supervisor.start(new AbortController().signal);
  await events.next('ready');
  const renewed = supervisor.renew('an engine is there');
  await supervisor.update(workerPlan(), limits, restart);
  await supervisor.close();
  await renewed;
  t.equal(supervisor.pid, undefined);
  t.equal(supervisor.state, 'stopped');
  await supervisor.renew('too late');
});

const states = (supervisor: WorkerSupervisor) =>
  Object.fromEntries(supervisor.services().map(({ name, state }) => [name, state]));

t.test('the parts of the worker have a health each', async (t) => {
  const beat = {
    type: 'heartbeat',
    cameras: [],
    usage: { rssBytes: 1, cpuMs: 1, inferMs: 1, decodeMs: 1 },
    inferringMs: 6000,
  };
  const report = { camera: 'gate', state: 'offline', reconnects: 0 };
  const script = serving('old', [], { stop: [['exit', 0]] });
  const start = [...(script['start'] ?? []), ['send', { type: 'camera', report }], ['send', beat]];
  const { supervisor, events } = setup(t, [{ ...script, start } as Script]);
  t.match(states(supervisor), { worker: 'ok', inference: 'degraded', gstreamer: 'degraded', cameras: 'ok' });
  await supervisor.start(new AbortController().signal);
  await events.next('heartbeat');
  t.match(states(supervisor), { worker: 'ok', inference: 'degraded', gstreamer: 'ok', cameras: 'degraded' });
  await supervisor.update(workerPlan({ cameras: [] }), limits, restart);
  t.match(states(supervisor), { cameras: 'ok' }, 'a camera that is gone is nobody');
});

t.test('a worker that cannot be killed is stuck, and another one follows', async (t) => {
  const deaf = serving('old', [], { stop: [] });
  const { supervisor, clock, events, failures } = setup(t, [deaf, serving('next', [])], { room: false });
  await supervisor.start(new AbortController().signal);
  await events.next('ready');
  const { pid } = supervisor;
  void supervisor.update(OTHER, limits, restart);
  await settle();
  // In one go, so that the process has no time to end.
  clock.advance(4000 + 15_000);
  for (let turn = 0; failures.length === 0 && turn < 100; turn += 1) await Promise.resolve();
  t.match(failures, [{ error: { code: 'WORKER_HUNG', message: `Worker ${pid} does not end` } }]);
  t.match(supervisor.health(), { state: 'stuck', reason: `worker ${pid} does not end` });
  await until(() => supervisor.health().state === 'degraded');
  clock.advance(failures[0]?.delayMs ?? 0);
  await events.next('ready');
  t.not(supervisor.pid, pid);
  t.equal(supervisor.health().state, 'ok');
});

t.test('the end of all does not wait for a worker that cannot be killed', async (t) => {
  const { supervisor, clock, events } = setup(t, serving('old', [], { stop: [] }));
  await supervisor.start(new AbortController().signal);
  await events.next('ready');
  let closed = false;
  void supervisor.close().then(() => {
    closed = true;
  });
  await settle();
  clock.advance(4500);
  for (let turn = 0; !closed && turn < 100; turn += 1) await Promise.resolve();
  t.ok(closed);
});

t.test('a camera that hangs GStreamer again is left out, told so, and comes back by itself', async (t) => {
  const act = { camera: 'gate', doing: 'closing' };
  const online = { type: 'camera', report: { camera: 'yard', state: 'online', reconnects: 0 } };
  const wedged = serving('old', []);
  const start = [...(wedged['start'] ?? []), ['send', online], ['send', { type: 'activity', act }]];
  const hanging = { ...wedged, start } as Script;
  const back = { ...serving('next', []), cameras: [['send', online]] } as Script;
  const cameras = [cameraPlan(), cameraPlan({ name: 'yard' })];
  const { supervisor, clock, events, failures, messages } = setup(t, [hanging, hanging, back], {
    plan: workerPlan({ cameras }),
  });
  await supervisor.start(new AbortController().signal);
  for (const attempt of [0, 1]) {
    await events.next('camera');
    await until(() => {
      clock.advance(10);
      return supervisor.services().some(({ reason }) => reason.includes('closing camera "gate"'));
    });
    clock.advance(8000);
    await events.next('ended');
    t.match(failures[attempt]?.error, { code: 'WORKER_HUNG', message: /while closing camera "gate"/ });
    if (attempt === 0) clock.advance(failures[0]?.delayMs ?? 0);
  }
  t.match(messages.at(-1), {
    type: 'camera',
    report: {
      camera: 'gate',
      state: 'offline',
      error: { message: /left out for 1 min: GStreamer hung with it 2 times/ },
    },
  });
  t.match(states(supervisor), { cameras: 'degraded' });
  clock.advance(60_000 - 1);
  const count = (type: WorkerMessage['type']) => messages.filter((message) => message.type === type).length;
  await until(() => count('ready') === 3);
  const before = count('camera');
  t.match(messages.at(-1), { type: 'ready' }, 'it has the other camera alone, and says nothing of this one');
  clock.advance(1);
  await until(() => count('camera') > before);
  t.pass('it was given its cameras again');
});

t.test('a camera that hangs those that are to take over does not keep a new model away', async (t) => {
  const act = { type: 'activity', act: { camera: 'yard', doing: 'opening' } };
  const hanging = { ...serving('next', []), cameras: [['send', act]] } as Script;
  const { supervisor, clock, events, faults, messages } = setup(t, [
    serving('old', []),
    hanging,
    hanging,
    serving('next', [2000]),
  ]);
  await supervisor.start(new AbortController().signal);
  await events.next('ready');
  const { pid } = supervisor;
  const cameras = [cameraPlan(), cameraPlan({ name: 'yard' })];
  // The one before says nothing either, and is waited for longer.
  await supervisor.update({ ...OTHER, cameras }, { ...limits, hangMs: 1000 }, restart);
  for (const attempt of [0, 1]) {
    await until(() => {
      if (faults.length === attempt) clock.advance(10);
      return faults.length > attempt;
    });
    t.match(faults[attempt]?.error, { code: 'WORKER_HUNG', message: /while opening camera "yard"/ });
    t.equal(supervisor.pid, pid);
    if (attempt === 0) clock.advance(faults[0]?.delayMs ?? 0);
  }
  t.match(messages.at(-1), {
    report: { camera: 'yard', state: 'offline', error: { message: /left out for 1 min/ } },
  });
  clock.advance(faults[1]?.delayMs ?? 0);
  await until(() => families(messages).includes('next'));
  t.strictSame(families(messages), ['old', 'next']);
});

const IDLE: Script = { cameras: [['send', { type: 'idle' }]] };

/** A worker with another model has taken over, and the one before is on standby. */
async function switched(t: Test): Promise<Setup & { oldPid: number; nextPid: number }> {
  const it = setup(t, [serving('old', [], IDLE), serving('next', [2000])]);
  await it.supervisor.start(new AbortController().signal);
  await it.events.next('ready');
  const oldPid = it.supervisor.pid as number;
  await it.supervisor.switchTo(OTHER, limits, restart, 60_000);
  return { ...it, oldPid, nextPid: it.supervisor.pid as number };
}

t.test(
  'after a switch the worker before is on standby, and has its cameras back when the new one dies',
  async (t) => {
    const { supervisor, events, faults, failures, messages, takenOver, oldPid, nextPid } = await switched(t);
    t.not(nextPid, oldPid);
    t.equal(supervisor.standbyPid, oldPid);
    process.kill(nextPid, 'SIGKILL');
    await events.next('fault');
    t.equal(supervisor.pid, oldPid);
    t.equal(supervisor.standbyPid, undefined);
    t.equal(supervisor.state, 'ready');
    t.match(faults, [{ error: { code: 'WORKER_CRASHED' } }]);
    t.strictSame(failures, [], 'nobody outside was without a worker');
    t.strictSame(families(messages), ['old', 'next', 'old']);
    t.strictSame(takenOver, ['gate', 'gate']);
    t.match(supervisor.health(), { state: 'degraded', reason: /the one before serves on/ });
    await supervisor.switchTo(workerPlan(), limits, restart, 0);
    t.equal(supervisor.pid, oldPid, 'it is what is wanted again');
    t.equal(supervisor.health().state, 'ok');
  },
);

t.test('asked for again, the version before is served by the worker on standby', async (t) => {
  const { supervisor, oldPid, nextPid } = await switched(t);
  const back = supervisor.switchTo(workerPlan({ cameras: [] }), limits, restart, 0);
  await back;
  t.equal(supervisor.pid, oldPid);
  t.equal(supervisor.standbyPid, undefined);
  await until(() => !isAlive(nextPid));
});

t.test('the standby ends with its time, for another handover, and with all else', async (t) => {
  const { supervisor, clock, oldPid } = await switched(t);
  clock.advance(60_000);
  t.equal(supervisor.standbyPid, undefined);
  await until(() => !isAlive(oldPid));
  const again = await switched(t);
  await again.supervisor.close();
  t.ok(!isAlive(again.oldPid) && !isAlive(again.nextPid));
});

t.test('a switch whose worker fails is refused with its reason, and what served serves on', async (t) => {
  const { supervisor, events } = setup(t, [serving('old', []), BAD]);
  await supervisor.start(new AbortController().signal);
  await events.next('ready');
  const { pid } = supervisor;
  await t.rejects(supervisor.switchTo(OTHER, limits, restart, 60_000), { code: 'WORKER_CRASHED' });
  t.equal(supervisor.pid, pid);
  await supervisor.switchTo(workerPlan(), limits, restart, 0);
  t.equal(supervisor.health().state, 'ok');
});

t.test('a switch to what is served, and one that close() comes before, do not wait', async (t) => {
  const { supervisor, events } = setup(t, [serving('old', []), serving('never', [], { start: [] })]);
  await supervisor.start(new AbortController().signal);
  await events.next('ready');
  await supervisor.switchTo(workerPlan(), limits, restart, 1000);
  const switching = supervisor.switchTo(OTHER, limits, restart, 1000);
  await supervisor.close();
  await switching;
  t.equal(supervisor.state, 'stopped');
});
