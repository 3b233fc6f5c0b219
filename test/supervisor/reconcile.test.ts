/** Which steps lead from what runs to what should run. */
import t from 'tap';
import { reconcile } from '../../dist/supervisor/reconcile.js';
import { cameraPlan, modelPlan, workerPlan } from '../helpers/plans.js';

t.test('nothing runs and nothing should: no step', async (t) => {
  t.strictSame(reconcile(undefined, undefined), []);
});

t.test('what should run and does not is started', async (t) => {
  t.strictSame(reconcile(workerPlan(), undefined), [{ do: 'start-worker', plan: workerPlan() }]);
});

t.test('what runs and should not is stopped', async (t) => {
  t.strictSame(reconcile(undefined, workerPlan()), [{ do: 'stop-worker' }]);
});

t.test('the same plan needs no step', async (t) => {
  t.strictSame(reconcile(workerPlan(), workerPlan()), []);
});

t.test('other cameras are given to the worker that runs', async (t) => {
  const cameras = [cameraPlan(), cameraPlan({ name: 'yard' })];
  t.strictSame(reconcile(workerPlan({ cameras }), workerPlan()), [{ do: 'set-cameras', cameras }]);
});

const rebuilt = {
  'another threshold': workerPlan({ models: [modelPlan({ threshold: 0.6 })] }),
  'another bundle': workerPlan({ models: [modelPlan({ bundle: '/srv/other' })] }),
  'another model': workerPlan({ models: [modelPlan(), modelPlan({ name: 'cars' })] }),
  'another folder': workerPlan({ cacheFolder: '/elsewhere' }),
};
for (const [what, plan] of Object.entries(rebuilt))
  t.test(`${what} means a new worker`, async (t) => {
    t.strictSame(reconcile(plan, workerPlan()), [{ do: 'stop-worker' }, { do: 'start-worker', plan }]);
  });
