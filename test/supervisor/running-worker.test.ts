/** What a supervisor knows of one worker, against a child that behaves as scripted. */
import t, { type Test } from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import type { CameraPlan } from '../../dist/core/worker-plan.js';
import { PROTOCOL_VERSION, type WorkerMessage } from '../../dist/ipc/protocol.js';
import { RunningWorker } from '../../dist/supervisor/running-worker.js';
import { CHILD_MODULE, childEnv } from '../helpers/child-script.js';
import { EventLog } from '../helpers/event-log.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { cameraPlan, workerPlan } from '../helpers/plans.js';
import { until } from '../helpers/until.js';

const CLIP = cameraPlan({ name: 'clip', source: { kind: 'file', path: '/srv/clip.mp4' } });
const LOOP = { ...CLIP, name: 'loop', loop: true };
const usage = { rssBytes: 123, cpuMs: 1, inferMs: 1, decodeMs: 1 };
const ended = (camera: string) => ({ type: 'camera', report: { camera, state: 'ended', reconnects: 0 } });

interface Setup {
  worker: RunningWorker;
  events: EventLog<WorkerMessage['type'] | 'gone'>;
  errors: (DetectdError | undefined)[];
}

function setup(t: Test, cameras: CameraPlan[], finished: CameraPlan[] = []): Setup {
  const events = new EventLog<WorkerMessage['type'] | 'gone'>();
  const errors: Setup['errors'] = [];
  const worker = new RunningWorker({
    module: CHILD_MODULE,
    env: childEnv({
      boot: [['send', { type: 'hello', version: PROTOCOL_VERSION, pid: 1 }]],
      start: [
        ['send', { type: 'ready', models: [] }],
        ['send', { type: 'heartbeat', cameras: [], usage, inferringMs: null }],
      ],
      cameras: [['send', ended('clip')]],
      stop: [['exit', 0]],
    }),
    plan: workerPlan({ cameras }),
    finished,
    limits: { startMs: 60_000, hangMs: 10_000, stopMs: 4000 },
    clock: new FakeClock(),
    onMessage: (_, { type }) => events.add(type),
    onGone: (_, error) => {
      errors.push(error);
      events.add('gone');
    },
  });
  worker.start();
  t.teardown(() => worker.kill());
  return { worker, events, errors };
}

t.test('what it gains after a minute is not what a fresh one needs', async (t) => {
  const beat = (rssBytes: number) => ({
    type: 'heartbeat',
    cameras: [],
    usage: { ...usage, rssBytes },
    inferringMs: null,
  });
  const sizes = [5, ...new Array<number>(59).fill(100), 900, 800];
  const seen: (number | undefined)[] = [];
  const worker: RunningWorker = new RunningWorker({
    module: CHILD_MODULE,
    env: childEnv({
      boot: [['send', { type: 'hello', version: PROTOCOL_VERSION, pid: 1 }]],
      start: [
        ['send', { type: 'ready', models: [] }],
        ...sizes.map((size): ['send', object] => ['send', beat(size)]),
      ],
      cameras: [['send', beat(300)]],
    }),
    plan: workerPlan(),
    finished: [],
    limits: { startMs: 60_000, hangMs: 10_000, stopMs: 4000 },
    clock: new FakeClock(),
    onMessage: ({ rssBytes }, { type }) => {
      if (type === 'heartbeat') seen.push(rssBytes);
    },
    onGone: () => {},
  });
  worker.start();
  t.teardown(() => worker.kill());
  await until(() => seen.length === sizes.length);
  t.strictSame([seen[0], seen.at(-3), seen.at(-1)], [5, 100, 100]);
  worker.setCameras([CLIP]);
  await until(() => seen.length > sizes.length);
  t.equal(seen.at(-1), 300, 'other cameras take other memory');
});

t.test('it remembers what the worker said last', async (t) => {
  const { worker, events, errors } = setup(t, [CLIP, LOOP]);
  t.equal(worker.ready, undefined);
  t.equal(worker.rssBytes, undefined);
  await events.next('heartbeat');
  t.match(worker.ready, { type: 'ready' });
  t.equal(worker.rssBytes, 123);
  t.equal(worker.stateOf('clip'), 'connecting');
  t.ok(worker.playsFile);
  worker.setCameras([CLIP]);
  await events.next('camera');
  t.equal(worker.stateOf('clip'), 'ended');
  t.notOk(worker.playsFile, 'a loop does not count');
  t.strictSame(worker.finishedFiles(), [CLIP]);
  await worker.stop();
  t.strictSame(errors, [undefined]);
});

t.test('files that ended under another worker count as ended here', async (t) => {
  const { worker } = setup(t, [CLIP], [CLIP]);
  t.strictSame(worker.plan.cameras, [CLIP], 'they are in its plan');
  t.notOk(worker.playsFile);
  t.strictSame(worker.finishedFiles(), [CLIP]);
  worker.setCameras([{ ...CLIP, fps: 5 }]);
  t.ok(worker.playsFile, 'unless something about them has changed');
});

t.test('whom its end is blamed on is told, also when it ends in order', async (t) => {
  const { worker, events, errors } = setup(t, []);
  await events.next('ready');
  worker.blame = new DetectdError('WORKER_CRASHED', 'the next one failed');
  await worker.stop();
  t.match(errors, [{ code: 'WORKER_CRASHED' }]);
});
