/** What is said of a version that was tried, from what was measured. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { buildCandidate, judgeTrial, tryOutModel } from '../../dist/daemon/model-tryout.js';
import type { TrialMeasures } from '../../dist/ipc/trial-protocol.js';
import { CHILD_MODULE, childEnv } from '../helpers/child-script.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { modelPlan, workerPlan } from '../helpers/plans.js';
import { modelReport } from '../helpers/worker-parts.js';

const MB = 1e6;

function measured(change: Partial<TrialMeasures> = {}): TrialMeasures {
  return {
    report: modelReport({ notes: ['a note'] }),
    samples: [{ image: 'a.jpg', expected: 4, found: 4 }],
    ...{ ms: 12, activeMs: 10, activeError: undefined, runs: 100 },
    rssBytes: [100, 150, 200, 200, 201, 200, 201, 202].map((size) => size * MB),
    ...change,
  };
}

const wrong = (change: Partial<TrialMeasures>): unknown => {
  try {
    return judgeTrial('people', measured(change));
  } catch (error) {
    return error;
  }
};

t.test('one that is as good is told in figures', async (t) => {
  t.match(judgeTrial('people', measured({ activeError: 'it is gone.' })), {
    ...{ provider: 'cpu', precision: 'fp32', samples: 1, expected: 4, found: 4, ms: 12, activeMs: 10 },
    ...{ memoryBytes: 202 * MB, growthBytes: 2 * MB },
    notes: ['a note', /not timed against the one that serves: it is gone/],
  });
});

t.test('what it does not find', async (t) => {
  t.match(wrong({ samples: [{ image: 'a', expected: 4, found: 0 }] }), { code: 'MODEL_FINDS_NOTHING' });
  t.match(wrong({ samples: [{ image: 'a', expected: 4, found: 1 }] }), {
    code: 'MODEL_FAILS',
    message: /only 1 of the 4 objects/,
  });
  t.match(wrong({ samples: [{ image: 'a', expected: 4, found: 2 }] }), { found: 2 });
  t.match(wrong({ samples: [] }), { expected: 0 }, 'a bundle need not have samples');
});

t.test('what takes three times as long', async (t) => {
  t.match(wrong({ ms: 30 }), { code: 'MODEL_SLOW', message: /30\.0 ms.*10\.0 ms/ });
  t.match(wrong({ ms: 27 }), { ms: 27 });
  t.match(wrong({ ms: 1.5, activeMs: 0.3 }), { ms: 1.5 }, 'a millisecond keeps no camera waiting');
  t.match(wrong({ ms: 500, activeMs: undefined }), { ms: 500 });
});

t.test('what grows with every picture', async (t) => {
  const rssBytes = [100, 110, 120, 130, 140, 150, 160, 170].map((size) => size * MB);
  t.match(wrong({ rssBytes }), { code: 'MODEL_LEAKS', message: /50 MB in 100 pictures/ });
});

function candidate() {
  return { model: modelPlan({ bundle: '/srv/new' }), plan: workerPlan() };
}

function options(script: Parameters<typeof childEnv>[0]) {
  return { module: CHILD_MODULE, env: childEnv(script), clock: new FakeClock(), silenceMs: 60_000 };
}

const signal = new AbortController().signal;

t.test('a process that dies or reports is the model, unless it is the machine', async (t) => {
  const trying = (script: Parameters<typeof childEnv>[0]) =>
    tryOutModel(candidate(), undefined, options(script), signal);
  await t.rejects(trying({ try: [['exit', 3]] }), {
    code: 'MODEL_FAILS',
    message: /"people" failed while it was loaded: .*exit status 3/,
  });
  const stage = { type: 'stage', stage: 'timing', done: 1, total: 0 };
  await t.rejects(
    trying({
      try: [
        ['send', stage],
        ['kill', 'SIGSEGV'],
      ],
    }),
    {
      code: 'MODEL_FAILS',
      message: /while it was run: .*SIGSEGV/,
    },
  );
  const error = { code: 'PROVIDER_UNAVAILABLE', message: 'The driver is gone.' };
  await t.rejects(trying({ try: [['send', { type: 'fatal', error }]] }), error);
  t.match(await trying({ try: [['send', { type: 'tried', measures: measured() }]] }), { ms: 12 });
});

const WISH = { key: 'a', provider: 'cpu', precision: 'fp32', mode: 'live', format: 'RGB' } as const;

function wants(...wanted: (typeof WISH)[]) {
  const measures = measured({ report: modelReport({ wanted }) });
  return options({ try: [['send', { type: 'tried', measures }]] });
}

function building(failures: DetectdError[]) {
  const asked: unknown[] = [];
  const buildFor = async (model: { bundle: string }, wanted: readonly unknown[]) => {
    asked.push([model.bundle, wanted]);
    return failures;
  };
  return { asked, buildFor, state: () => ({ phase: 'queued' }) as const };
}

t.test('engines that it wants are built; what cannot be is told', async (t) => {
  const keeper = building([new DetectdError('ENGINE_UNSUPPORTED', 'It cannot be built.')]);
  const build = (given: ReturnType<typeof options>, by = keeper) =>
    buildCandidate(candidate(), by, given, signal, () => {});
  t.strictSame(await build(wants()), []);
  t.strictSame(keeper.asked, []);
  const wanting = wants(WISH);
  t.strictSame(await build(wanting), ['It cannot be built.']);
  t.strictSame(keeper.asked, [['/srv/new', [WISH]]]);
  t.equal(wanting.clock.pending, 0, 'no timer is left');
  const memory = building([new DetectdError('ENGINE_MEMORY', 'Memory ran out.')]);
  await t.rejects(build(wants(WISH), memory), { code: 'ENGINE_MEMORY' });
  await t.rejects(build(options({ try: [['exit', 1]] })), { code: 'MODEL_FAILS' });
});
