/** What config/reported tells of models. */
import t from 'tap';
import type { ModelState } from '../../dist/core/model-state.js';
import { reportedModels } from '../../dist/daemon/reported-models.js';
import { testConfig } from '../helpers/config.js';

const STATE: ModelState = {
  model: 'people',
  phase: 'serving',
  building: undefined,
  active: { digest: 'sha256:aa', version: '1', provider: 'cpu', precision: 'fp32', engine: undefined },
  previousDigest: undefined,
  update: undefined,
  error: undefined,
  stepsDown: [],
};

const loaded = {
  config: testConfig({
    models: {
      people: {
        bundle: 'https://u:hunter22@h/x.tgz?token=hunter22',
        sha256: 'a'.repeat(64),
        version: '1.3.0',
      },
      idle: { bundle: '/srv/idle' },
    },
  }),
  secrets: ['hunter22'],
};

t.test('each configured model is told, without secrets', (t) => {
  t.strictSame(reportedModels(loaded, new Map([['people', STATE]])), {
    people: {
      wanted: 'https://u:***@h/x.tgz?token=*** 1.3.0',
      active: 'sha256:aa',
      phase: 'serving',
      error: undefined,
    },
    idle: { wanted: '/srv/idle', active: undefined, phase: 'unused', error: undefined },
  });
  t.end();
});

t.test('a change of a model tells more than what serves meanwhile', (t) => {
  const error = { code: 'MODEL_SLOW' as const, message: 'It is slow.' };
  const update = {
    ...{ source: '', since: '', version: undefined, digest: undefined, progress: undefined },
    phase: 'rolled_back' as const,
    there: true,
    error,
  };
  t.match(reportedModels(loaded, new Map([['people', { ...STATE, update }]])), {
    people: { active: 'sha256:aa', phase: 'rolled_back', error },
  });
  t.end();
});
