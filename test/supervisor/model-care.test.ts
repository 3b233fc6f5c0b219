/** Providers, engines and what is said about them, together. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import type { ModelState, UpdateView } from '../../dist/core/model-state.js';
import type { StepDown } from '../../dist/core/provider-verdict.js';
import type { ProviderName, WorkerModelPlan } from '../../dist/core/worker-plan.js';
import type { KeeperState } from '../../dist/supervisor/engine-keeper.js';
import { ModelCare } from '../../dist/supervisor/model-care.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { modelPlan, workerPlan } from '../helpers/plans.js';
import { modelReport } from '../helpers/worker-parts.js';

class Rig {
  readonly clock = new FakeClock();
  readonly said: ModelState[] = [];
  readonly forgotten: string[] = [];
  readonly calls: string[] = [];
  readonly tried: string[] = [];
  choice = {
    providers: ['cpu'] as ProviderName[],
    stepsDown: [] as StepDown[],
    untried: [] as ProviderName[],
  };
  trying = false;
  engine: KeeperState = { phase: 'idle' };
  failure: DetectdError | undefined;
  readonly updates = new Map<string, UpdateView>();
  readonly care: ModelCare;

  constructor() {
    const rig = this;
    this.care = new ModelCare({
      trust: {
        choose: () => this.choice,
        tryFor: (settings) => void this.tried.push(...settings),
        get trying() {
          return rig.trying;
        },
      },
      keeper: {
        configure: (plan) => void this.calls.push(`configure ${plan.models.length}`),
        serving: (reports) => void this.calls.push(`serving ${reports.length}`),
        hold: (why, holds) => void this.calls.push(`hold ${why} ${holds}`),
        state: () => this.engine,
        failure: () => this.failure,
        builderPid: 77,
        close: async () => void this.calls.push('close'),
      },
      clock: this.clock,
      publish: (state) => this.said.push(state),
      forget: (model) => this.forgotten.push(model),
      updates: () => this.updates,
    });
  }

  configure(...models: WorkerModelPlan[]): void {
    this.care.configure(workerPlan({ models }), true);
  }

  phases(): string[] {
    return this.said.map(({ phase }) => phase);
  }
}

t.test('providers are tried when a worker serves, not before', (t) => {
  const rig = new Rig();
  rig.choice.untried = ['cuda'];
  rig.configure(modelPlan({ provider: 'auto' }));
  t.strictSame(rig.tried, []);
  rig.trying = true;
  rig.care.serving([modelReport()]);
  t.strictSame(rig.tried, ['auto']);
  t.strictSame(rig.calls, ['hold configuration false', 'configure 1', 'hold probing true', 'serving 1']);
  t.strictSame(rig.phases(), ['loading', 'probing']);
  t.end();
});

t.test('when all were tried, engines may be built, and a better provider means another plan', (t) => {
  const rig = new Rig();
  rig.configure(modelPlan({ provider: 'auto', providers: ['cpu'] }));
  rig.trying = true;
  t.notOk(rig.care.tried());
  rig.trying = false;
  t.notOk(rig.care.tried(), 'nothing better was found');
  rig.choice.providers = ['cuda', 'cpu'];
  t.ok(rig.care.tried());
  t.equal(rig.calls.at(-1), 'hold probing false');
  t.end();
});

t.test('a worker that failed is the reason until the next one serves', (t) => {
  const rig = new Rig();
  rig.configure(modelPlan());
  rig.care.notServing(new DetectdError('WORKER_CRASHED', 'It crashed.'));
  rig.care.notServing(undefined);
  rig.care.serving([modelReport()]);
  t.strictSame(rig.phases(), ['loading', 'failed', 'serving']);
  t.match(rig.said[1], { error: { code: 'WORKER_CRASHED' } });
  t.ok(rig.calls.includes('hold worker true'));
  t.end();
});

t.test('a model that leaves the configuration is forgotten', (t) => {
  const rig = new Rig();
  rig.configure(modelPlan({ name: 'people' }), modelPlan({ name: 'cars' }));
  rig.configure(modelPlan({ name: 'cars' }));
  t.strictSame(rig.forgotten, ['people']);
  t.end();
});

t.test('steps down are told by model', (t) => {
  const rig = new Rig();
  rig.choice.stepsDown = [{ provider: 'cuda', reason: 'It crashed.' }];
  rig.configure(modelPlan({ name: 'people' }));
  t.strictSame([...rig.care.stepsDown()], [['people', rig.choice.stepsDown]]);
  t.match(rig.said[0], { stepsDown: [{ provider: 'cuda' }] });
  t.end();
});

t.test('a configured provider that does not serve is complained of, when nothing is under way', (t) => {
  const rig = new Rig();
  rig.configure(modelPlan({ provider: 'tensorrt' }));
  t.strictSame(rig.care.complaints(), [], 'nothing serves yet');
  rig.care.serving([modelReport({ provider: 'cuda' })]);
  t.strictSame(rig.care.complaints(), [], 'there is no reason to tell');
  rig.choice.stepsDown = [{ provider: 'tensorrt', reason: 'It crashed.' }];
  t.strictSame(rig.care.complaints(), ['model "people": tensorrt is not used, cuda serves: It crashed.']);
  rig.trying = true;
  t.strictSame(rig.care.complaints(), []);
  rig.trying = false;
  rig.engine = { phase: 'queued' };
  t.strictSame(rig.care.complaints(), []);
  rig.engine = { phase: 'idle' };
  rig.choice.stepsDown = [];
  rig.failure = new DetectdError('ENGINE_BUILD', 'It failed.');
  t.strictSame(rig.care.complaints(), ['model "people": tensorrt is not used, cuda serves: It failed.']);
  rig.failure = undefined;
  rig.care.serving([modelReport({ provider: 'cuda', notes: ['no tensorrt fp16 engine: refused'] })]);
  t.match(rig.care.complaints(), [/no tensorrt fp16 engine: refused$/]);
  rig.configure(modelPlan({ provider: 'auto' }));
  t.strictSame(rig.care.complaints(), []);
  t.end();
});

t.test('the build that is under way is told in words', async (t) => {
  const rig = new Rig();
  rig.configure(modelPlan());
  t.equal(rig.care.work, undefined);
  const wish = { key: 'k', provider: 'cuda', precision: 'fp16', mode: 'live', format: 'RGB' } as const;
  rig.engine = { phase: 'building', wish, progress: undefined };
  t.equal(rig.care.work, 'building the CUDA fp16 engine of people');
  await rig.care.close();
  t.equal(rig.calls.at(-1), 'close');
});

t.test(
  'a model that was never fetched is told of, and forgotten when it is not wanted any more',
  async (t) => {
    const rig = new Rig();
    rig.updates.set('cars', {
      source: 'https://host/cars.tgz',
      phase: 'failed',
      since: '2026-01-01T00:00:00Z',
      version: undefined,
      digest: undefined,
      error: { code: 'UPDATE_FETCH', message: 'No server answers.' },
      progress: undefined,
      there: false,
    });
    rig.configure(modelPlan());
    t.match(rig.said, [
      { model: 'people', phase: 'loading' },
      { model: 'cars', phase: 'missing' },
    ]);
    rig.updates.clear();
    rig.care.publish();
    t.strictSame(rig.forgotten, ['cars']);
  },
);
