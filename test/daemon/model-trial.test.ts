/** Models of a new configuration are tried before the old one is left. */
import t from 'tap';
import { tryModels } from '../../dist/daemon/model-trial.js';
import { CHILD_MODULE, childEnv } from '../helpers/child-script.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { modelPlan, workerPlan } from '../helpers/plans.js';

function options(script: Parameters<typeof childEnv>[0]) {
  return { module: CHILD_MODULE, env: childEnv(script), clock: new FakeClock(), timeoutMs: 60_000 };
}

const error = { code: 'MODEL_LOAD', message: 'ONNX Runtime refuses it.' };
const refuses = options({ model: [['send', { type: 'fatal', error }]] });
const accepts = options({ model: [['send', { type: 'model', report: {} }]] });

t.test('what is loaded already is not tried', async (t) => {
  await t.resolves(tryModels(workerPlan(), workerPlan(), refuses));
});

t.test('what is new is tried, and what is wrong with it thrown', async (t) => {
  const models = [modelPlan(), modelPlan({ name: 'cars' })];
  await t.resolves(tryModels(workerPlan({ models }), workerPlan(), accepts));
  await t.rejects(tryModels(workerPlan({ models }), workerPlan(), refuses), error);
});
