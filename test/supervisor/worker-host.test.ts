/** One worker process: its protocol and its deadlines, against a child that behaves as scripted. */
import t from 'tap';
import type { DetectdError } from '../../dist/base/errors.js';
import { PROTOCOL_VERSION, type WorkerMessage } from '../../dist/ipc/protocol.js';
import { WorkerHost } from '../../dist/supervisor/worker-host.js';
import { CHILD_MODULE, childEnv } from '../helpers/child-script.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { workerPlan } from '../helpers/plans.js';

const HELLO = { type: 'hello', version: PROTOCOL_VERSION, pid: 1 };
const READY = { type: 'ready', models: [] };
const usage = { rssBytes: 1, cpuMs: 1, inferMs: 1, decodeMs: 1 };
const beat = (inferringMs: number | null) => ({ type: 'heartbeat', usage, cameras: [], inferringMs });

interface Started {
  host: WorkerHost;
  clock: FakeClock;
  gone: Promise<DetectdError | undefined>;
  messages: WorkerMessage[];
  /** Resolves when a message of that type has come. */
  seen: (type: WorkerMessage['type']) => Promise<void>;
}

function start(script: Parameters<typeof childEnv>[0]): Started {
  const clock = new FakeClock();
  const waiting = new Map<string, () => void>();
  const had = new Set<string>();
  const messages: WorkerMessage[] = [];
  const host = new WorkerHost({
    module: CHILD_MODULE,
    env: childEnv(script),
    plan: workerPlan(),
    limits: { startMs: 60_000, hangMs: 10_000, stopMs: 4000 },
    clock,
    onMessage: (message) => {
      const { type } = message;
      messages.push(message);
      had.add(type);
      waiting.get(type)?.();
    },
  });
  const seen = (type: string): Promise<void> =>
    had.has(type) ? Promise.resolve() : new Promise((resolve) => waiting.set(type, resolve));
  return { host, clock, gone: host.run(), messages, seen };
}

t.test('a worker that says hello is started, and stop() ends it without an error', async (t) => {
  const { host, gone } = start({ boot: [['send', HELLO]], stop: [['exit', 0]] });
  host.stop();
  t.equal(await gone, undefined);
});

t.test('another protocol version is refused with both versions', async (t) => {
  const { gone } = start({ boot: [['send', { ...HELLO, version: 99 }]] });
  t.match(await gone, { code: 'WORKER_PROTOCOL', message: /version 99, this process 1/ });
});

t.test('nonsense ends the worker', async (t) => {
  const { gone } = start({ boot: [['send', { type: 'gibberish' }]] });
  t.match(await gone, { code: 'WORKER_PROTOCOL', message: /gibberish/ });
});

t.test('a crash is told with its signal', async (t) => {
  const { gone } = start({ boot: [['kill', 'SIGSEGV']] });
  t.match(await gone, { code: 'WORKER_CRASHED', message: /SIGSEGV/ });
});

t.test('an exit that nobody asked for is a crash, whatever its status', async (t) => {
  const { gone } = start({ boot: [['exit', 0]] });
  t.match(await gone, { code: 'WORKER_CRASHED', message: /exit status 0/ });
});

t.test("the worker's own reason is kept over the exit that follows", async (t) => {
  const error = { code: 'MODEL_NOT_ONNX', message: 'no model' };
  const { gone } = start({
    boot: [
      ['send', HELLO],
      ['send', { type: 'fatal', error }],
      ['exit', 1],
    ],
  });
  t.match(await gone, { code: 'MODEL_NOT_ONNX', message: 'no model' });
});

t.test('models that do not load in time are a hang', async (t) => {
  const { clock, gone } = start({ boot: [['send', HELLO]] });
  clock.advance(60_000);
  t.match(await gone, { code: 'WORKER_HUNG', message: /did not load its models within 60 s/ });
});

t.test('a worker that falls silent after it was ready is a hang', async (t) => {
  const { clock, gone, seen } = start({
    boot: [
      ['send', HELLO],
      ['send', READY],
    ],
  });
  await seen('ready');
  clock.advance(10_000);
  t.equal(await Promise.race([gone, 'still there']), 'still there');
  clock.advance(500);
  t.match(await gone, { code: 'WORKER_HUNG', message: /event loop has been blocked/ });
});

t.test('frames without results are a hang', async (t) => {
  const { host, clock, gone, seen } = start({
    boot: [
      ['send', HELLO],
      ['send', READY],
      ['send', beat(null)],
    ],
    cameras: [
      ['send', beat(9000)],
      ['send', { type: 'camera', report: { camera: 'gate', state: 'online', reconnects: 0 } }],
    ],
  });
  await seen('heartbeat');
  host.setCameras([]);
  await seen('camera');
  clock.advance(1500);
  t.match(await gone, { code: 'WORKER_HUNG', message: /frames arrive but no result/ });
});

t.test('a worker that does not stop is killed after the deadline', async (t) => {
  const { host, clock, gone, seen } = start({
    boot: [
      ['send', HELLO],
      ['send', READY],
    ],
  });
  await seen('ready');
  host.stop();
  clock.advance(4000);
  t.equal(await gone, undefined);
});

t.test('what it is told before it has said hello is in the plan that it starts by', async (t) => {
  const { host, gone, seen } = start({
    boot: [['send', HELLO]],
    start: [['send', READY]],
    cameras: [['exit', 3]],
    adjust: [['exit', 4]],
  });
  host.setCameras([]);
  host.adjust(workerPlan());
  await seen('ready');
  host.stop();
  host.kill();
  t.equal(await gone, undefined, 'no message of its own came');
});

t.test('a worker that is killed ends at once, without an error', async (t) => {
  const { host, gone } = start({ boot: [['send', HELLO]] });
  host.kill();
  t.equal(await gone, undefined);
});

t.test('a rate is told, and that there is none any more', async (t) => {
  const { host, gone, messages, seen } = start({
    boot: [['send', HELLO]],
    start: [['send', READY]],
    adjust: [['echo', 'camera']],
    stop: [['exit', 0]],
  });
  await seen('ready');
  host.adjust(workerPlan({ maxRate: 3 }));
  host.adjust(workerPlan());
  await seen('camera');
  host.stop();
  t.equal(await gone, undefined);
  t.strictSame(
    messages.flatMap((message) => ('echoed' in message ? [message.echoed] : [])),
    [
      { type: 'adjust', thresholds: { people: 0.5 }, logLevel: 'silent', maxRate: 3 },
      { type: 'adjust', thresholds: { people: 0.5 }, logLevel: 'silent' },
    ],
  );
});
