/** One builder process, whatever becomes of it. */
import t from 'tap';
import { UNKNOWN_DEVICE } from '../../dist/core/device-info.js';
import type { BuildProgress } from '../../dist/core/engine.js';
import type { BuildJob } from '../../dist/ipc/builder-protocol.js';
import { BuilderHost } from '../../dist/supervisor/builder-host.js';
import { CHILD_MODULE, childEnv } from '../helpers/child-script.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { modelPlan } from '../helpers/plans.js';
import { until } from '../helpers/until.js';

const KEY = 'a'.repeat(64);
const wish = { key: KEY, provider: 'cpu', precision: 'fp32', mode: 'live', format: 'RGB' } as const;
const job: BuildJob = {
  model: modelPlan(),
  wish,
  device: UNKNOWN_DEVICE,
  cacheFolder: '/nowhere',
  maxBytes: 1e9,
  maxBatch: 1,
  again: false,
};
const progress: BuildProgress = {
  phase: 'building',
  provider: 'cpu',
  precision: 'fp32',
  elapsedMs: 1000,
  expectedMs: undefined,
  attempt: 1,
};
const engine = {
  key: KEY,
  provider: 'cpu',
  precision: 'fp32',
  wasThere: false,
  ms: 2000,
  bytes: 100,
  notes: [],
};

function start(script: Parameters<typeof childEnv>[0]) {
  const clock = new FakeClock();
  const seen: BuildProgress[] = [];
  const host = new BuilderHost({
    module: CHILD_MODULE,
    env: childEnv(script),
    stdout: 2,
    clock,
    job,
    onProgress: (each) => seen.push(each),
  });
  return { host, clock, seen, end: host.run() };
}

t.test('progress is handed on, and the engine told when the process is gone', async (t) => {
  const { end, seen, clock } = start({
    build: [
      ['send', { type: 'progress', progress }],
      ['send', { type: 'built', engine }],
      ['exit', 0],
    ],
  });
  t.strictSame(await end, { kind: 'built', engine });
  t.match(seen, [{ phase: 'building', elapsedMs: 1000 }]);
  t.equal(clock.pending, 0);
});

t.test('a failure is told as it is, final or not', async (t) => {
  const error = { code: 'ENGINE_UNSUPPORTED', message: 'Not with this TensorRT.', hint: 'Use fp32.' };
  for (const final of [true, false]) {
    const { end } = start({
      build: [
        ['send', { type: 'failed', error, final }],
        ['exit', 0],
      ],
    });
    t.match(await end, { kind: 'failed', final, error: { code: 'ENGINE_UNSUPPORTED', hint: 'Use fp32.' } });
  }
  const { end } = start({
    build: [
      ['send', { type: 'fatal', error }],
      ['exit', 1],
    ],
  });
  t.match(await end, { kind: 'failed', final: false, error: { code: 'ENGINE_UNSUPPORTED' } });
});

t.test('a crash is a failure of the phase that it came in', async (t) => {
  const crash = start({
    build: [
      ['send', { type: 'progress', progress: { ...progress, phase: 'accepting' } }],
      ['stderr', 'illegal memory access\n'],
      ['kill', 'SIGSEGV'],
    ],
  });
  const end = await crash.end;
  t.match(end, { kind: 'failed', final: false, error: { code: 'ENGINE_BUILD' } });
  if (end.kind === 'failed')
    t.match(end.error.message, /while it was accepting with signal SIGSEGV: illegal memory access/);
  const early = await start({ build: [['exit', 3]] }).end;
  if (early.kind === 'failed') t.match(early.error.message, /at its start with exit status 3/);
});

t.test('being killed is taken for want of memory', async (t) => {
  const end = await start({ build: [['kill', 'SIGKILL']] }).end;
  t.match(end, { kind: 'failed', final: false, error: { code: 'ENGINE_MEMORY' } });
});

t.test('nonsense ends it', async (t) => {
  const end = await start({ build: [['send', { type: 'greeting' }]] }).end;
  t.match(end, { kind: 'failed', final: false, error: { code: 'WORKER_PROTOCOL' } });
});

t.test('silence ends it, progress puts that off', async (t) => {
  const { end, clock, seen } = start({ build: [['send', { type: 'progress', progress }]] });
  clock.advance(599_000);
  await until(() => seen.length === 1);
  clock.advance(599_000);
  clock.advance(1000);
  const ended = await end;
  t.match(ended, { kind: 'failed', final: false, error: { code: 'ENGINE_BUILD' } });
  if (ended.kind === 'failed') t.match(ended.error.message, /said nothing for 10 minutes/);
});

t.test('cancelled, it ends in order', async (t) => {
  const { host, end, seen, clock } = start({
    build: [['send', { type: 'progress', progress }]],
    cancel: [['exit', 0]],
  });
  await until(() => seen.length === 1);
  host.cancel();
  host.cancel();
  t.strictSame(await end, { kind: 'cancelled' });
  t.equal(clock.pending, 0);
});

t.test('cancelled, it ends by force when it does not in order', async (t) => {
  const { host, end, clock, seen } = start({ build: [['send', { type: 'progress', progress }]], cancel: [] });
  await until(() => seen.length === 1);
  host.cancel();
  clock.advance(2000);
  t.strictSame(await end, { kind: 'cancelled' });
});

t.test('one that stays after its answer is ended', async (t) => {
  const { end, clock, seen } = start({
    build: [
      ['send', { type: 'built', engine }],
      ['send', { type: 'progress', progress }],
    ],
  });
  await until(() => clock.nextDueMs !== undefined && clock.nextDueMs <= 5000);
  clock.advance(5000);
  t.strictSame(await end, { kind: 'built', engine });
  t.strictSame(seen, [], 'what it says then is not listened to');
});
