/** The process in which a new version is tried, seen from outside. */
import t from 'tap';
import { UNKNOWN_DEVICE } from '../../dist/core/device-info.js';
import { tryInChild } from '../../dist/supervisor/trial-host.js';
import { CHILD_MODULE, childEnv } from '../helpers/child-script.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { modelPlan } from '../helpers/plans.js';
import { until } from '../helpers/until.js';

const JOB = {
  ...{ candidate: modelPlan(), active: undefined, cacheFolder: '/nowhere', maxEngineBytes: 1 },
  ...{ device: UNKNOWN_DEVICE, loadOnly: false },
};
const STAGE = { type: 'stage', stage: 'timing', done: 1, total: 0 };

function options(script: Parameters<typeof childEnv>[0]) {
  const clock = new FakeClock();
  const stages: string[] = [];
  const signal = new AbortController().signal;
  const env = childEnv(script);
  return {
    module: CHILD_MODULE,
    env,
    clock,
    stages,
    signal,
    silenceMs: 1000,
    onStage: ({ stage }: { stage: string }) => stages.push(stage),
  };
}

t.test('its stages are told, and its answer is given', async (t) => {
  const measures = { ms: 3 };
  const given = options({
    try: [
      ['send', STAGE],
      ['send', { type: 'tried', measures }],
    ],
  });
  t.strictSame(await tryInChild(JOB, given), measures);
  t.strictSame(given.stages, ['timing']);
  t.equal(given.clock.pending, 0, 'no timer is left');
});

t.test('what it reports, its death and its silence are errors', async (t) => {
  const error = { code: 'MODEL_LOAD', message: 'No.' };
  await t.rejects(tryInChild(JOB, options({ try: [['send', { type: 'fatal', error }]] })), error);
  await t.rejects(tryInChild(JOB, options({ try: [['exit', 3]] })), { code: 'WORKER_CRASHED' });
  const silent = options({ try: [['send', STAGE]] });
  const trying = tryInChild(JOB, silent);
  await until(() => silent.stages.length === 1);
  silent.clock.advance(1000);
  await t.rejects(trying, { code: 'WORKER_HUNG', message: /nothing came of it for 1 s/ });
});

t.test('it ends when it is not wanted any more', async (t) => {
  const reason = new Error('another version came');
  await t.rejects(tryInChild(JOB, { ...options({}), signal: AbortSignal.abort(reason) }), reason);
});
