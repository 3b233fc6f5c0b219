/** A new version runs beside the one that serves, and no longer than it should. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import type { ShadowFacts } from '../../dist/core/model-trial.js';
import { shadowAct } from '../../dist/daemon/shadow-act.js';
import { ShadowWatch } from '../../dist/supervisor/shadow-watch.js';
import { FakeClock, settle } from '../helpers/fake-clock.js';
import { cameraPlan, modelPlan, workerPlan } from '../helpers/plans.js';

const VERSION = {
  ...{ digest: 'new', archive: undefined, version: '2', name: undefined, path: '/srv/new' },
  ...{ signedBy: undefined, labels: [], bytes: 0 },
};

function setup(wanted = true, beside: () => Promise<void> = async () => {}, cameras = [cameraPlan()]) {
  const clock = new FakeClock();
  const watch = new ShadowWatch(clock);
  const shadows: unknown[] = [];
  const told: ShadowFacts[] = [];
  const act = shadowAct({
    watch,
    settings: () => (wanted ? { share: 0.5, seconds: 10, min_agreement: 0 } : undefined),
    planWith: (_model, path) => workerPlan({ models: [modelPlan({ bundle: path })], cameras }),
    beside: async (shadow) => {
      shadows.push(shadow);
      if (shadow !== undefined) await beside();
    },
    publish: (facts) => told.push(facts),
  });
  const run = act('people', VERSION, new AbortController().signal, () => {});
  return { run, clock, watch, shadows, told };
}

t.test('it runs for its time and is taken away', async (t) => {
  const { run, clock, watch, shadows, told } = setup();
  const report = {
    camera: 'gate',
    capturedAtUs: 0,
    imageWidth: 1,
    imageHeight: 1,
    both: 1,
    onlyOld: 0,
    onlyNew: 0,
  };
  watch.take({ type: 'shadow', report: { ...report, examplesOld: [], examplesNew: [] } });
  clock.advance(10_000);
  await run;
  t.match(shadows, [{ share: 0.5, model: { bundle: '/srv/new' } }, undefined]);
  t.match(told.at(-1), { done: true, agreement: 1, model: 'people', digest: 'new' });
});

t.test('nobody asked for it: nothing runs', async (t) => {
  const { run, shadows } = setup(false);
  await run;
  t.strictSame(shadows, []);
});

t.test('a worker that does not come up with it ends it, and so does a version that fails', async (t) => {
  const crashed = setup(true, () => Promise.reject(new DetectdError('WORKER_CRASHED', 'It crashed.')));
  await t.rejects(crashed.run, { code: 'WORKER_CRASHED' });
  t.equal(crashed.shadows.at(-1), undefined);
  await settle();
  t.equal(crashed.clock.pending, 0, 'no timer is left');
  const failing = setup();
  failing.watch.take({ type: 'shadow-failed', error: { code: 'MODEL_LOAD', message: 'No.' } });
  await t.rejects(failing.run, { code: 'MODEL_FAILS' });
  t.equal(failing.shadows.length, 2);
});

t.test('a model that no camera uses has nothing to run beside', async (t) => {
  const { run, shadows } = setup(true, undefined, []);
  await run;
  t.strictSame(shadows, []);
});
