/** One worker process: its protocol and its deadlines, against a child that behaves as scripted. */
import t from 'tap';
import type { DetectdError } from '../../dist/base/errors.js';
import { PROTOCOL_VERSION, type WorkerMessage } from '../../dist/ipc/protocol.js';
import { closingMs, WorkerHost } from '../../dist/supervisor/worker-host.js';
import { CHILD_MODULE, childEnv } from '../helpers/child-script.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { cameraPlan, workerPlan } from '../helpers/plans.js';
import { until } from '../helpers/until.js';

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

/** Most tests want no word of the kernel's in a reason. */
const nobody = async () => undefined;

function start(
  script: Parameters<typeof childEnv>[0],
  holder: (pid: number) => Promise<string | undefined> = nobody,
  plan = workerPlan(),
): Started {
  const clock = new FakeClock();
  const waiting = new Map<string, () => void>();
  const had = new Set<string>();
  const messages: WorkerMessage[] = [];
  const host = new WorkerHost({
    module: CHILD_MODULE,
    env: childEnv(script),
    plan,
    limits: { startMs: 60_000, hangMs: 10_000, stopMs: 4000 },
    clock,
    holder,
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
  t.match(await gone, { code: 'WORKER_PROTOCOL', message: `version 99, this process ${PROTOCOL_VERSION}` });
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

const CSI = workerPlan({ cameras: [cameraPlan({ source: { kind: 'csi', sensorId: 0 } })] });

t.test('a worker with CSI cameras that hangs is told to close them before it is killed', async (t) => {
  const boot: Parameters<typeof childEnv>[0][string] = [
    ['send', HELLO],
    ['send', READY],
  ];
  for (const closes of [true, false]) {
    const script = closes ? { boot, stop: [['exit', 0]] satisfies typeof boot } : { boot };
    const { clock, gone, seen, host } = start(script, nobody, CSI);
    await seen('ready');
    clock.advance(10_500);
    if (!closes) {
      await until(() => host.fault !== undefined);
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(10_999);
      t.equal(await Promise.race([gone, 'still there']), 'still there');
      clock.advance(1);
    }
    t.match(await gone, { code: 'WORKER_HUNG' });
  }
});

t.test('it has longer to stop, too', async (t) => {
  const limits = { startMs: 1, hangMs: 1, stopMs: 4000 };
  t.equal(closingMs(limits, CSI), 11_000);
  t.equal(closingMs(limits, workerPlan()), 4000);
  t.equal(closingMs(limits, undefined), 4000);
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
      {
        type: 'adjust',
        thresholds: { people: { threshold: 0.5 } },
        logLevel: 'silent',
        shadow: false,
        maxRate: 3,
      },
      { type: 'adjust', thresholds: { people: { threshold: 0.5 } }, logLevel: 'silent', shadow: false },
    ],
  );
});

t.test('GStreamer that does not come back is named, with the camera and what it was doing', async (t) => {
  const { clock, gone, messages, seen } = start({
    boot: [
      ['send', HELLO],
      ['send', READY],
      ['send', { type: 'activity', act: { camera: 'gate', doing: 'closing' } }],
      ['send', { type: 'activity', act: { camera: 'yard', doing: 'closing' } }],
    ],
    start: [['send', beat(null)]],
  });
  await seen('heartbeat');
  clock.advance(10_500);
  t.match(await gone, { code: 'WORKER_HUNG', message: /event loop/ }, 'both had come back');
  t.notOk(
    messages.some(({ type }) => type === 'activity'),
    'that is between worker and host',
  );

  const hanging = start({
    boot: [
      ['send', HELLO],
      ['send', READY],
      ['send', { type: 'camera', report: { camera: 'gate', state: 'online', reconnects: 0 } }],
      ['send', { type: 'activity', act: { camera: 'gate', doing: 'closing' } }],
    ],
  });
  await hanging.seen('camera');
  await until(() => hanging.host.standing?.act !== undefined);
  hanging.clock.advance(10_500);
  t.match(await hanging.gone, {
    code: 'WORKER_HUNG',
    message: /The worker hangs: GStreamer hangs while closing camera "gate", for 10\.5 s now\./,
    hint: /doctor/,
  });
});

t.test('what holds the process is in the reason; asked once, and not waited for long', async (t) => {
  const boot: Parameters<typeof childEnv>[0][string] = [
    ['send', HELLO],
    ['send', READY],
  ];
  let asked = 0;
  const told = start({ boot }, async () => {
    asked += 1;
    return 'the kernel does not let go of cuda';
  });
  await told.seen('ready');
  told.clock.advance(10_500);
  t.match(await told.gone, { message: /blocked for 10\.5 s; the kernel does not let go of cuda\.$/ });
  t.equal(asked, 1);

  const silent = start({ boot }, () => new Promise(() => {}));
  await silent.seen('ready');
  silent.clock.advance(11_000);
  t.match(await silent.gone, { message: /blocked for 10\.5 s\.$/ });
});

t.test(
  'a process that does not end although it was killed is given up, and its end is told later',
  async (t) => {
    const { host, clock, gone, seen } = start({
      boot: [
        ['send', HELLO],
        ['send', READY],
      ],
    });
    await seen('ready');
    const { pid } = host;
    host.stop();
    // In one go: the child has no time to end.
    clock.advance(4000);
    clock.advance(14_999);
    t.notOk(host.abandoned);
    clock.advance(1);
    t.ok(host.abandoned);
    t.match(await gone, {
      code: 'WORKER_HUNG',
      message: `Worker ${pid} does not end although it was killed`,
    });
    t.equal(clock.pending, 0);
    // Nothing of it keeps this process alive any more.
    const alive = setInterval(() => {}, 1000);
    await host.ended;
    clearInterval(alive);
  },
);

t.test('the hang that led to it is told, too', async (t) => {
  const { host, clock, gone, seen } = start({
    boot: [
      ['send', HELLO],
      ['send', READY],
    ],
  });
  await seen('ready');
  clock.advance(10_500);
  t.match(host.fault, { code: 'WORKER_HUNG' });
  // The question what holds it is answered; its exit cannot have been seen yet.
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  clock.advance(15_000);
  t.match(await gone, { message: /does not end.*a driver hangs\. The worker hangs: its event loop/ });
});
