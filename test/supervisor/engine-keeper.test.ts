/** Engines are built one at a time, beside a worker that serves, and every wish ends. */
import { pino } from 'pino';
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { UNKNOWN_DEVICE } from '../../dist/core/device-info.js';
import type { BuildProgress, EngineWish } from '../../dist/core/engine.js';
import type { WorkerPlan } from '../../dist/core/worker-plan.js';
import type { BuildJob } from '../../dist/ipc/builder-protocol.js';
import type { BuildEnd } from '../../dist/supervisor/builder-host.js';
import { EngineKeeper } from '../../dist/supervisor/engine-keeper.js';
import { FakeClock, settle } from '../helpers/fake-clock.js';
import { modelPlan, workerPlan } from '../helpers/plans.js';
import { modelReport } from '../helpers/worker-parts.js';

const DEVICE = { ...UNKNOWN_DEVICE, architecture: 'arm64' };
const PROGRESS: BuildProgress = {
  phase: 'building',
  provider: 'cpu',
  precision: 'fp32',
  elapsedMs: 1000,
  expectedMs: undefined,
  attempt: 1,
};

function wish(key: string, change: Partial<EngineWish> = {}): EngineWish {
  return { key, provider: 'cpu', precision: 'fp32', mode: 'live', format: 'RGB', ...change };
}

function report(name: string, ...wanted: EngineWish[]) {
  return modelReport({ identity: { name, version: '1', digest: 'sha256:0' }, wanted });
}

function plan(change: Partial<WorkerPlan> = {}): WorkerPlan {
  return workerPlan({ device: DEVICE, ...change });
}

class BuilderDouble {
  readonly pid = 77;
  cancelled = false;
  /** Ends when it is told to. */
  obedient = true;
  #end: (end: BuildEnd) => void = () => {};
  readonly #ended = new Promise<BuildEnd>((resolve) => {
    this.#end = resolve;
  });

  constructor(
    readonly job: BuildJob,
    readonly onProgress: (progress: BuildProgress) => void,
  ) {}

  run(): Promise<BuildEnd> {
    return this.#ended;
  }

  cancel(): void {
    this.cancelled = true;
    if (this.obedient) this.#end({ kind: 'cancelled' });
  }

  async end(end: BuildEnd): Promise<void> {
    this.#end(end);
    await settle();
  }

  built(): Promise<void> {
    const { key, provider, precision } = this.job.wish;
    const engine = { key, provider, precision, wasThere: false, ms: 1, bytes: 1, notes: [] };
    return this.end({ kind: 'built', engine });
  }

  failed(final: boolean): Promise<void> {
    return this.end({ kind: 'failed', final, error: new DetectdError('ENGINE_BUILD', 'It failed.') });
  }
}

class Rig {
  readonly clock = new FakeClock();
  readonly builders: BuilderDouble[] = [];
  readonly renewals: { reason: string; resolve: () => void; reject: (error: unknown) => void }[] = [];
  readonly keeper = new EngineKeeper({
    builder: (job, onProgress) => {
      const builder = new BuilderDouble(job, onProgress);
      this.builders.push(builder);
      return builder;
    },
    kept: () => ['sha256:before'],
    renew: (reason) =>
      new Promise((resolve, reject) => this.renewals.push({ reason, resolve: () => resolve(), reject })),
    clock: this.clock,
    log: pino({ level: 'silent' }),
  });

  keys(): string[] {
    return this.builders.map(({ job }) => job.wish.key);
  }

  last(): BuilderDouble {
    return this.builders.at(-1) as BuilderDouble;
  }

  /** A worker serves, and its cameras are open. */
  serving(...reports: ReturnType<typeof report>[]): void {
    this.keeper.serving(reports);
    this.clock.advance(2000);
  }
}

function rig(change: Partial<WorkerPlan> = {}): Rig {
  const made = new Rig();
  made.keeper.configure(plan(change));
  return made;
}

const TWO = { models: [modelPlan({ name: 'people' }), modelPlan({ name: 'cars' })] };

t.test('nothing is built before a worker serves, nor in its first moments', async (t) => {
  const { keeper, clock, builders } = rig();
  t.strictSame(keeper.state('people'), { phase: 'idle' });
  keeper.serving([report('people', wish('a'))]);
  t.strictSame(keeper.state('people'), { phase: 'queued' });
  clock.advance(1999);
  t.equal(builders.length, 0);
  clock.advance(1);
  t.equal(builders.length, 1);
  t.match(builders[0]?.job, {
    model: { name: 'people', bundle: '/srv/people' },
    wish: { key: 'a' },
    device: DEVICE,
    cacheFolder: '/var/cache/detectd',
    maxBytes: 1e9,
    keep: ['sha256:before'],
    again: false,
  });
});

t.test('progress shows in the state of the model', (t) => {
  const made = rig();
  made.serving(report('people', wish('a')));
  t.strictSame(made.keeper.state('people'), { phase: 'building', wish: wish('a'), progress: undefined });
  made.last().onProgress(PROGRESS);
  t.strictSame(made.keeper.state('people'), { phase: 'building', wish: wish('a'), progress: PROGRESS });
  t.equal(made.keeper.builderPid, 77, 'whose memory is watched');
  t.strictSame(made.keeper.state('cars'), { phase: 'idle' });
  t.end();
});

t.test('one engine after the other, and then one worker for all', async (t) => {
  const made = rig(TWO);
  made.serving(report('cars', wish('c')), report('people', wish('p')));
  t.strictSame(made.keys(), ['p'], 'in the order of the configuration');
  t.strictSame(made.keeper.state('cars'), { phase: 'queued' });
  await made.last().built();
  t.strictSame(made.keys(), ['p', 'c']);
  t.equal(made.renewals.length, 0);
  await made.last().built();
  t.strictSame(
    made.renewals.map(({ reason }) => reason),
    ['2 engines were built'],
  );
});

t.test('an engine does not wait for a build that takes minutes', async (t) => {
  const made = rig(TWO);
  made.serving(report('people', wish('p')), report('cars', wish('c')));
  await made.last().built();
  made.clock.advance(59_999);
  t.equal(made.renewals.length, 0);
  made.clock.advance(1);
  t.equal(made.renewals.length, 1);
  made.keeper.serving([report('people'), report('cars', wish('c'))]);
  made.renewals[0]?.resolve();
  await settle();
  t.notOk(made.last().cancelled, 'the other build goes on');
  await made.last().built();
  t.equal(made.renewals.length, 2);
});

t.test('when the worker uses the engine, all is done', async (t) => {
  const made = rig();
  made.serving(report('people', wish('a')));
  await made.last().built();
  made.serving(report('people'));
  made.renewals[0]?.resolve();
  await settle();
  made.clock.advance(1e7);
  t.equal(made.builders.length, 1);
  t.equal(made.renewals.length, 1);
  t.strictSame(made.keeper.state('people'), { phase: 'idle' });
  t.equal(made.keeper.failure('people'), undefined);
  await made.keeper.close();
  t.equal(made.clock.pending, 0);
});

t.test('a worker that comes by itself and uses the engine spares the change', async (t) => {
  const made = rig(TWO);
  made.serving(report('people', wish('p')), report('cars', wish('c')));
  await made.last().built();
  made.keeper.serving([report('people'), report('cars', wish('c'))]);
  made.clock.advance(70_000);
  t.equal(made.renewals.length, 0);
});

t.test('what fails for good makes way for the next best, and is told', async (t) => {
  const made = rig();
  made.serving(report('people', wish('trt', { provider: 'tensorrt' }), wish('cpu')));
  await made.last().failed(true);
  t.strictSame(made.keys(), ['trt', 'cpu']);
  t.match(made.keeper.failure('people'), { code: 'ENGINE_BUILD' });
  await made.last().built();
  t.match(made.keeper.failure('people'), { code: 'ENGINE_BUILD' }, 'the better one is still missing');
  made.serving(report('people', wish('trt', { provider: 'tensorrt' })));
  made.clock.advance(1e8);
  t.equal(made.builders.length, 2, 'and it is never tried again');
});

t.test('what fails in passing is tried once more', async (t) => {
  const made = rig();
  made.serving(report('people', wish('a')));
  await made.last().failed(false);
  t.strictSame(made.keeper.state('people'), { phase: 'queued' });
  made.clock.advance(59_999);
  t.equal(made.builders.length, 1);
  made.clock.advance(1);
  t.equal(made.builders.length, 2);
  await made.last().failed(false);
  made.clock.advance(1e8);
  t.equal(made.builders.length, 2);
  t.strictSame(made.keeper.state('people'), { phase: 'idle' });
});

t.test(
  'another configuration gives what failed in passing another chance, what failed for good none',
  async (t) => {
    const made = rig();
    made.serving(report('people', wish('good riddance'), wish('unlucky')));
    await made.last().failed(true);
    await made.last().failed(false);
    made.clock.advance(60_000);
    await made.last().failed(false);
    made.keeper.configure(plan({ models: [modelPlan({ threshold: 0.9 })] }));
    t.strictSame(made.keys(), ['good riddance', 'unlucky', 'unlucky', 'unlucky']);
  },
);

t.test('a build for which there is no use any more is cancelled', async (t) => {
  const made = rig();
  made.serving(report('people', wish('a')));
  made.keeper.configure(plan({ models: [modelPlan({ threshold: 0.1 })] }));
  t.notOk(made.last().cancelled, 'the threshold is no part of an engine');
  made.keeper.configure(plan({ models: [modelPlan({ bundle: '/srv/other' })] }));
  t.ok(made.last().cancelled);
  await settle();
  made.clock.advance(1e7);
  t.equal(made.builders.length, 1, 'what the new one wants is not known yet');
  made.serving(report('people', wish('b')));
  t.strictSame(made.keys(), ['a', 'b']);
  made.keeper.serving([report('people', wish('c'))]);
  t.ok(made.last().cancelled);
});

t.test('what was reported counts again when the configuration is changed back', async (t) => {
  const made = rig();
  made.keeper.serving([report('people', wish('a'))]);
  made.keeper.configure(plan({ models: [modelPlan({ precision: 'fp16' })] }));
  made.keeper.configure(plan());
  made.clock.advance(2000);
  t.strictSame(made.keys(), ['a']);
});

t.test('another machine is another engine', async (t) => {
  const made = rig();
  made.serving(report('people', wish('a')));
  made.keeper.configure(plan({ device: { ...DEVICE, driver: '2' } }));
  t.ok(made.last().cancelled);
});

t.test('before the machine is identified nothing is built', async (t) => {
  const made = rig({ device: UNKNOWN_DEVICE });
  made.serving(report('people', wish('a')));
  made.clock.advance(1e7);
  t.equal(made.builders.length, 0);
});

t.test('nothing is begun while no worker serves or providers are tried; what runs goes on', async (t) => {
  const made = rig(TWO);
  made.keeper.hold('probing', true);
  made.serving(report('people', wish('p')), report('cars', wish('c')));
  t.equal(made.builders.length, 0);
  made.keeper.hold('probing', false);
  t.strictSame(made.keys(), ['p']);
  made.keeper.hold('worker', true);
  t.notOk(made.last().cancelled);
  await made.last().built();
  made.clock.advance(2000);
  t.strictSame(made.keys(), ['p']);
  made.serving(report('people'), report('cars', wish('c')));
  t.strictSame(made.keys(), ['p', 'c']);
});

t.test('a user who wants nothing built gets nothing built, from that moment on', async (t) => {
  const made = rig();
  made.serving(report('people', wish('a')));
  made.keeper.hold('configuration', true);
  t.ok(made.last().cancelled);
  await settle();
  t.strictSame(made.keeper.state('people'), { phase: 'idle' });
  made.clock.advance(1e7);
  t.equal(made.builders.length, 1);
  made.keeper.hold('configuration', false);
  t.equal(made.builders.length, 2);
});

t.test('an engine that the worker does not find is built once more, not for ever', async (t) => {
  const made = rig();
  made.serving(report('people', wish('a')));
  for (let round = 0; round < 5; round += 1) {
    if (made.keeper.state('people').phase === 'building') await made.last().built();
    made.keeper.serving([report('people', wish('a'))]);
    for (const renewal of made.renewals) renewal.resolve();
    await settle();
    made.clock.advance(100_000);
  }
  t.strictSame(made.keys(), ['a', 'a']);
});

t.test('a worker that fails with the new engine is tried once more', async (t) => {
  const made = rig();
  made.serving(report('people', wish('a')));
  await made.last().built();
  t.equal(made.keeper.failure('people'), undefined);
  made.renewals[0]?.reject(new DetectdError('WORKER_CRASHED', 'It crashed.'));
  await settle();
  t.match(made.keeper.failure('people'), { code: 'WORKER_CRASHED' }, 'and it is told');
  made.clock.advance(300_000);
  t.equal(made.renewals.length, 2);
  made.renewals[1]?.reject(new DetectdError('WORKER_CRASHED', 'It crashed.'));
  await settle();
  made.clock.advance(1e8);
  t.equal(made.renewals.length, 2);
  t.equal(made.builders.length, 1);
});

t.test('closing cancels the build and waits for its end', async (t) => {
  const made = rig(TWO);
  made.serving(report('people', wish('p')), report('cars', wish('c')));
  made.last().obedient = false;
  let closed = false;
  const closing = made.keeper.close().then(() => {
    closed = true;
  });
  await settle();
  t.ok(made.last().cancelled);
  t.notOk(closed);
  await made.last().end({ kind: 'cancelled' });
  await closing;
  t.strictSame(made.keys(), ['p']);
  t.equal(made.clock.pending, 0);
  t.equal(made.renewals.length, 0);
});

t.test('closed before anything began, it ends at once', async (t) => {
  const made = rig();
  made.keeper.serving([report('people', wish('a'))]);
  await made.keeper.close();
  made.clock.advance(1e7);
  t.equal(made.builders.length, 0);
  t.equal(made.clock.pending, 0);
});

t.test(
  'engines for a version that does not serve yet come first, and nobody is renewed for them',
  async (t) => {
    const made = rig();
    const candidate = modelPlan({ bundle: '/srv/new' });
    const { signal } = new AbortController();
    const asked = made.keeper.buildFor(candidate, [wish('new')], signal);
    t.equal(made.builders.length, 0, 'no worker serves yet');
    made.serving(report('people', wish('a')));
    t.strictSame(made.keys(), ['new']);
    t.match(made.last().job.model, { bundle: '/srv/new' });
    made.serving(report('people', wish('a')));
    t.notOk(made.last().cancelled, 'a worker that does not want it is no reason to stop');
    await made.last().built();
    t.strictSame(await asked, []);
    t.strictSame(made.keys(), ['new', 'a'], 'then what serves has its turn');
    t.strictSame(made.renewals, []);
  },
);

t.test('an engine for such a version that cannot be built is told to who asked', async (t) => {
  const made = rig();
  const asked = made.keeper.buildFor(modelPlan(), [wish('new')], new AbortController().signal);
  made.serving(report('people'));
  await made.last().failed(true);
  t.match(await asked, [{ code: 'ENGINE_BUILD' }]);
  t.equal(made.keeper.failure('people'), undefined);
});

t.test('asked for in vain: builds are off, the one who asked is gone, or the keeper closes', async (t) => {
  const made = rig();
  made.keeper.hold('configuration', true);
  t.strictSame(await made.keeper.buildFor(modelPlan(), [wish('new')], new AbortController().signal), []);
  made.keeper.hold('configuration', false);
  const ending = new AbortController();
  const asked = made.keeper.buildFor(modelPlan(), [wish('new')], ending.signal);
  made.serving(report('people'));
  ending.abort(new Error('it is over'));
  await t.rejects(asked, { message: 'it is over' });
  t.ok(made.last().cancelled);
  const late = made.keeper.buildFor(modelPlan(), [wish('newer')], new AbortController().signal);
  await made.keeper.close();
  await t.rejects(late, { code: 'ENGINE_CANCELLED' });
});
