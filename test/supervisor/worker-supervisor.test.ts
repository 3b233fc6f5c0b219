/** Workers that follow one another, against children that behave as scripted. */

import { pino } from 'pino';
import t, { type Test } from 'tap';
import type { DetectdError } from '../../dist/base/errors.js';
import type { WorkerPlan } from '../../dist/core/worker-plan.js';
import { PROTOCOL_VERSION, type WorkerMessage } from '../../dist/ipc/protocol.js';
import { WorkerSupervisor } from '../../dist/supervisor/worker-supervisor.js';
import { CHILD_MODULE, childEnv } from '../helpers/child-script.js';
import { EventLog } from '../helpers/event-log.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { cameraPlan, modelPlan, workerPlan } from '../helpers/plans.js';

const limits = { startMs: 60_000, hangMs: 10_000, stopMs: 4000 };
const restart = { initialMs: 1000, maxMs: 60_000, stableMs: 5000 };
const GOOD: Parameters<typeof childEnv>[0] = {
  boot: [
    ['send', { type: 'hello', version: PROTOCOL_VERSION, pid: 1 }],
    ['send', { type: 'ready', models: [] }],
  ],
  cameras: [['send', { type: 'camera', report: { camera: 'yard', state: 'online', reconnects: 0 } }]],
  stop: [['exit', 0]],
};
const BAD: Parameters<typeof childEnv>[0] = { boot: [['exit', 3]] };

interface Setup {
  supervisor: WorkerSupervisor;
  clock: FakeClock;
  events: EventLog<WorkerMessage['type'] | 'ended'>;
  failures: { error: DetectdError | undefined; delayMs: number }[];
}

function setup(t: Test, script: Parameters<typeof childEnv>[0], plan: WorkerPlan = workerPlan()): Setup {
  const clock = new FakeClock();
  const events = new EventLog<WorkerMessage['type'] | 'ended'>();
  const failures: Setup['failures'] = [];
  const supervisor = new WorkerSupervisor({
    module: CHILD_MODULE,
    env: () => childEnv(script),
    plan,
    limits,
    restart,
    clock,
    log: pino({ level: 'silent' }),
    onMessage: ({ type }) => events.add(type),
    onEnded: (error, delayMs) => {
      failures.push({ error, delayMs });
      events.add('ended');
    },
  });
  t.teardown(() => supervisor.close());
  return { supervisor, clock, events, failures };
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

t.test('another model means another worker', async (t) => {
  const { supervisor, events } = setup(t, GOOD);
  await supervisor.start(new AbortController().signal);
  await events.next('ready');
  const { pid } = supervisor;
  await supervisor.update(workerPlan({ models: [modelPlan({ bundle: '/srv/other' })] }), limits, restart);
  await events.next('ready');
  t.not(supervisor.pid, pid);
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
