/** The worker with the version before, called back in earnest: real workers, real models, a camera that is drawn. */
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import type { FrameResult } from '../../dist/core/frame-result.js';
import type { ShadowFacts, Verdict } from '../../dist/core/model-trial.js';
import type { WorkerPlan } from '../../dist/core/worker-plan.js';
import { ModelWatch } from '../../dist/supervisor/model-watch.js';
import { ShadowWatch } from '../../dist/supervisor/shadow-watch.js';
import { WorkerSupervisor } from '../../dist/supervisor/worker-supervisor.js';
import { cameraPlan, modelPlan, workerPlan } from '../helpers/plans.js';
import { isAlive } from '../helpers/process-tree.js';
import { noGstreamer } from '../helpers/test-video.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';
import { until } from '../helpers/until.js';

const skip = { skip: noGstreamer };
const limits = { startMs: 60_000, hangMs: 30_000, stopMs: 5000 };
const restart = { initialMs: 60_000, maxMs: 60_000, stableMs: 5000 };
const WAIT_MS = 60_000;

interface Rig {
  supervisor: WorkerSupervisor;
  watch: ModelWatch;
  shadows: ShadowWatch;
  results: FrameResult[];
  /** The plan with the version of that number, which finds so many things. */
  plan: (version: number, score?: number) => WorkerPlan;
  /** Waits for pictures that this version analysed after now. */
  served: (version: number) => Promise<void>;
}

async function rig(t: Test): Promise<Rig> {
  t.testdir();
  const results: FrameResult[] = [];
  const watch = new ModelWatch(systemClock);
  const shadows = new ShadowWatch(systemClock);
  const path = (version: number): string => join(t.testdirName, `bundle${version}`);
  const digests = new Map<number, string>();
  const plan = (version: number, score = 0.9): WorkerPlan =>
    workerPlan({
      models: [modelPlan({ bundle: tinyBundle(path(version), { box: [4, 4, 20, 20 + version], score }) })],
      cameras: [cameraPlan({ fps: 25 })],
      cacheFolder: join(t.testdirName, 'cache'),
    });
  const supervisor = new WorkerSupervisor({
    module: new URL('../../dist/worker/main.js', import.meta.url),
    env: () => process.env,
    plan: plan(1),
    limits,
    restart,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    room: async () => ({ enough: true, why: 'it is a test' }),
    onMessage: (message) => {
      shadows.take(message);
      if (message.type === 'result') {
        results.push(message.result);
        watch.frame(message.result);
      } else if (message.type === 'heartbeat') watch.beat(message.cameras, message.usage);
    },
    onEnded: () => {},
    onFault: (error, _delayMs, failure) => watch.workerFailed(error, failure),
    onTakenOver: () => {},
  });
  t.teardown(() => supervisor.close());
  const served = async (version: number): Promise<void> => {
    const from = results.length;
    const digest = () => digests.get(version);
    const isHis = (result: FrameResult): boolean =>
      digest() === undefined
        ? ![...digests.values()].includes(result.model.digest)
        : result.model.digest === digest();
    await until(() => results.slice(from).filter(isHis).length >= 10, WAIT_MS);
    digests.set(version, results.findLast(isHis)?.model.digest ?? '');
  };
  await supervisor.start(new AbortController().signal);
  await served(1);
  return { supervisor, watch, shadows, results, plan, served };
}

function inOrder(t: Test, results: readonly FrameResult[]): void {
  t.ok(
    results.every(({ capturedAtUs }, index) => capturedAtUs >= (results[index - 1]?.capturedAtUs ?? 0)),
    'in the order of capture',
  );
}

t.test('a new version that dies gives way to the one before, which is still loaded', skip, async (t) => {
  const { supervisor, watch, results, plan, served } = await rig(t);
  const oldPid = supervisor.pid;
  await supervisor.switchTo(plan(2), limits, restart, 60_000);
  t.equal(supervisor.standbyPid, oldPid);
  await served(2);
  const [model] = plan(2).models;
  const verdict: Promise<Verdict> = watch.probation(
    {
      ...{ model: 'people', digest: results.at(-1)?.model.digest ?? '', bundle: model?.bundle ?? '' },
      ...{ ms: 600_000, leak: () => undefined },
    },
    new AbortController().signal,
  );
  process.kill(supervisor.pid as number, 'SIGKILL');
  await served(1);
  t.equal(supervisor.pid, oldPid, 'nothing had to be started');
  t.match(await verdict, { good: false, error: { code: 'MODEL_FAILS' } });
  await supervisor.switchTo(plan(1), limits, restart, 0);
  t.equal(supervisor.health().state, 'ok');
  inOrder(t, results);
});

t.test('a new version that finds nothing is refused, and the one before is called back', skip, async (t) => {
  const { supervisor, watch, results, plan, served } = await rig(t);
  const oldPid = supervisor.pid;
  await until(() => results.length >= 50, WAIT_MS);
  await supervisor.switchTo(plan(2, 0.01), limits, restart, 60_000);
  await served(2);
  const nextPid = supervisor.pid as number;
  const [model] = plan(2, 0.01).models;
  const verdict = await watch.probation(
    {
      ...{ model: 'people', digest: results.at(-1)?.model.digest ?? '', bundle: model?.bundle ?? '' },
      ...{ ms: 4000, leak: () => undefined },
    },
    new AbortController().signal,
  );
  t.match(verdict, { good: false, error: { code: 'MODEL_FINDS_NOTHING' } });
  await supervisor.switchTo(plan(1), limits, restart, 0);
  t.equal(supervisor.pid, oldPid);
  await served(1);
  await until(() => !isAlive(nextPid));
  inOrder(t, results);
});

t.test('a new version beside the one that serves is compared, and no output changes', skip, async (t) => {
  const { supervisor, shadows, results, plan } = await rig(t);
  const told: ShadowFacts[] = [];
  const [model] = plan(9).models;
  if (model === undefined) throw new Error('there is a model');
  const facts = shadows.watch(
    {
      ...{ model: 'people', digest: 'new', bundle: model.bundle, seconds: 2, minAgreement: 0 },
      onFacts: (each) => told.push(each),
    },
    new AbortController().signal,
  );
  await supervisor.switchTo({ ...plan(1), shadow: { model, share: 0.5 } }, limits, restart, 0);
  t.match(await facts, { done: true, agreement: 1, cameras: [{ camera: 'gate', onlyOld: 0, onlyNew: 0 }] });
  const { pid } = supervisor;
  await supervisor.switchTo(plan(1), limits, restart, 0);
  t.equal(supervisor.pid, pid, 'its end takes no other worker');
  t.equal(new Set(results.map(({ model }) => model.digest)).size, 1);
  inOrder(t, results);
});
