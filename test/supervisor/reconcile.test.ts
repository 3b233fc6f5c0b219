/** Which steps lead from what runs to what should run. */
import t from 'tap';
import { fits, modelsToLoad, reconcile } from '../../dist/supervisor/reconcile.js';
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

t.test('a rate comes, changes and goes without a new worker', async (t) => {
  const [none, two, four] = [workerPlan(), workerPlan({ maxRate: 2 }), workerPlan({ maxRate: 4 })];
  t.strictSame(reconcile(two, none), [{ do: 'adjust', plan: two }]);
  t.strictSame(reconcile(four, two), [{ do: 'adjust', plan: four }]);
  t.strictSame(reconcile(none, four), [{ do: 'adjust', plan: none }]);
  t.strictSame(reconcile(four, four), []);
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
    t.strictSame(reconcile(plan, workerPlan()), [{ do: 'replace-worker', plan }]);
  });

t.test('models that the running worker lacks are told', async (t) => {
  const cars = modelPlan({ name: 'cars' });
  const plan = workerPlan({ models: [modelPlan({ threshold: 0.9 }), cars] });
  t.strictSame(modelsToLoad(plan, workerPlan()), [cars]);
});

const OTHER = [modelPlan({ bundle: '/srv/other' })];

t.test('a camera that nobody wants any more does not wait for the next worker', async (t) => {
  const actual = workerPlan({ cameras: [cameraPlan(), cameraPlan({ name: 'yard' })] });
  const plan = workerPlan({ models: OTHER, cameras: [cameraPlan({ fps: 5 }), cameraPlan({ name: 'new' })] });
  t.strictSame(reconcile(plan, actual), [
    { do: 'set-cameras', cameras: [cameraPlan()] },
    { do: 'replace-worker', plan },
  ]);
});

t.test('a fresh worker that is wanted renews the one that serves, after what it can take over', async (t) => {
  t.strictSame(reconcile(workerPlan(), workerPlan(), { renew: true }), [
    { do: 'renew-worker', plan: workerPlan() },
  ]);
  const plan = workerPlan({ cameras: [] });
  t.strictSame(reconcile(plan, workerPlan(), { renew: true }), [
    { do: 'set-cameras', cameras: [] },
    { do: 'renew-worker', plan },
  ]);
});

t.test('what was found out about the machine renews, what the user changed replaces', async (t) => {
  const found = {
    'other providers': workerPlan({ models: [modelPlan({ providers: ['cuda', 'cpu'] })] }),
    'another device': workerPlan({ device: { ...workerPlan().device, gpu: 'Orin' } as never }),
  };
  for (const [what, plan] of Object.entries(found))
    t.strictSame(reconcile(plan, workerPlan()), [{ do: 'renew-worker', plan }], what);
  const both = workerPlan({ models: [modelPlan({ bundle: '/srv/other', providers: ['cuda'] })] });
  t.strictSame(reconcile(both, workerPlan()), [{ do: 'replace-worker', plan: both }]);
});

t.test('a worker that is about to take over is left alone while it fits', async (t) => {
  const plan = workerPlan({ models: OTHER });
  const coming = workerPlan({ models: OTHER, cameras: [] });
  t.strictSame(reconcile(plan, workerPlan(), { coming }), []);
  t.strictSame(reconcile(plan, workerPlan(), { coming, renew: true }), [], 'whoever asks once more waits');
});

t.test('one that does not fit any more is dropped, and another follows', async (t) => {
  const coming = workerPlan({ models: OTHER, cameras: [] });
  const third = workerPlan({ models: [modelPlan({ bundle: '/srv/third' })] });
  t.strictSame(reconcile(third, workerPlan(), { coming }), [
    { do: 'drop-replacement' },
    { do: 'replace-worker', plan: third },
  ]);
  t.strictSame(
    reconcile(workerPlan(), workerPlan(), { coming }),
    [{ do: 'drop-replacement' }],
    'all as before',
  );
});

t.test('nothing should run: whatever does is stopped', async (t) => {
  const coming = workerPlan({ models: OTHER });
  t.strictSame(reconcile(undefined, workerPlan(), { coming }), [{ do: 'stop-worker' }]);
});

t.test('a worker fits a plan that takes nothing it lacks', async (t) => {
  t.ok(fits(workerPlan({ cameras: [] }), workerPlan()));
  t.notOk(fits(workerPlan({ models: OTHER }), workerPlan()));
});

t.test('a version beside the one that serves takes a worker of its own, and goes without one', async (t) => {
  const shadowed = workerPlan({ shadow: { model: modelPlan({ bundle: '/srv/new' }), share: 0.1 } });
  t.strictSame(reconcile(shadowed, workerPlan()), [{ do: 'replace-worker', plan: shadowed }]);
  t.strictSame(reconcile(shadowed, shadowed), []);
  t.strictSame(reconcile(workerPlan(), shadowed), [{ do: 'adjust', plan: workerPlan() }]);
});
