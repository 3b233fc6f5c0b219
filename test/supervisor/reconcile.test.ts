/** Which steps lead from what runs to what should run. */
import t from 'tap';
import { modelsToLoad, reconcile } from '../../dist/supervisor/reconcile.js';
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

t.test('another threshold and another log level are given to the worker that runs', async (t) => {
  const plan = workerPlan({
    models: [modelPlan({ threshold: 0.6 })],
    log: { level: 'debug', pretty: false },
  });
  t.strictSame(reconcile(plan, workerPlan()), [{ do: 'adjust', plan }]);
});

t.test('a model that is no longer used, a smaller size and another folder disturb nobody', async (t) => {
  const actual = workerPlan({ models: [modelPlan(), modelPlan({ name: 'cars' })], cameraCapacity: 16 });
  t.strictSame(reconcile(workerPlan({ cacheFolder: '/elsewhere' }), actual), []);
});

t.test('a camera that is no longer sliced leaves the model as it is loaded', async (t) => {
  const actual = workerPlan({ models: [modelPlan({ modes: ['live', 'exact'] })] });
  t.strictSame(reconcile(workerPlan(), actual), []);
  const adjusted = workerPlan({ models: [modelPlan({ threshold: 0.7 })] });
  const plan = { ...adjusted, models: [modelPlan({ threshold: 0.7, modes: ['live', 'exact'] })] };
  t.strictSame(reconcile(adjusted, actual), [{ do: 'adjust', plan }], 'and it is not forgotten');
});

t.test('other settings of slicing are given to the worker that runs', async (t) => {
  const slicing = { tile: 640, overlap: 0.2, merge: 'ios', threshold: 0.5, whole: true } as const;
  const models = [modelPlan({ modes: ['exact'] })];
  const actual = workerPlan({ models, cameras: [cameraPlan({ slicing })] });
  const cameras = [cameraPlan({ slicing: { ...slicing, whole: false } })];
  t.strictSame(reconcile(workerPlan({ models, cameras }), actual), [{ do: 'set-cameras', cameras }]);
});

const rebuilt = {
  'a first camera that is sliced': workerPlan({ models: [modelPlan({ modes: ['live', 'exact'] })] }),
  'another bundle': workerPlan({ models: [modelPlan({ bundle: '/srv/other' })] }),
  'another model': workerPlan({ models: [modelPlan(), modelPlan({ name: 'cars' })] }),
  'more cameras than it is sized for': workerPlan({ cameraCapacity: 16 }),
  'another form of the log': workerPlan({ log: { level: 'silent', pretty: true } }),
};
for (const [what, plan] of Object.entries(rebuilt))
  t.test(`${what} means a new worker`, async (t) => {
    t.strictSame(reconcile(plan, workerPlan()), [{ do: 'stop-worker' }, { do: 'start-worker', plan }]);
  });

t.test('models that the running worker lacks are told', async (t) => {
  const cars = modelPlan({ name: 'cars' });
  const plan = workerPlan({ models: [modelPlan({ threshold: 0.9 }), cars] });
  t.strictSame(modelsToLoad(plan, workerPlan()), [cars]);
});
