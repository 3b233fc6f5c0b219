/** What is kept of every model on every camera, and how a probation ends. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { noDrops } from '../../dist/core/drops.js';
import type { ProbationFacts } from '../../dist/core/model-trial.js';
import { ModelWatch, type ProbationOptions } from '../../dist/supervisor/model-watch.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { frameResult } from '../helpers/frame-result.js';
import { modelPlan, workerPlan } from '../helpers/plans.js';

const THING = { label: 'thing', labelId: 0, score: 0.9, box: { x1: 0, y1: 0, x2: 9, y2: 9 } };

function setup(change: Partial<ProbationOptions> = {}) {
  const clock = new FakeClock();
  const watch = new ModelWatch(clock);
  const ending = new AbortController();
  /** A second of frames, 25 of them. */
  const play = (digest: string, objects: number, camera = 'gate'): void => {
    for (let frame = 0; frame < 25; frame += 1) {
      clock.advance(40);
      watch.frame(
        frameResult({
          camera,
          capturedAtUs: clock.monotonicUs(),
          model: { name: 'people', version: '1', digest },
          detections: Array.from({ length: objects }, () => THING),
        }),
      );
    }
  };
  const begin = () =>
    watch.probation(
      { model: 'people', digest: 'new', bundle: '/srv/new', ms: 10_000, leak: () => undefined, ...change },
      ending.signal,
    );
  return { clock, watch, play, begin, ending };
}

const RUNNING = {
  plan: workerPlan({ models: [modelPlan({ bundle: '/srv/new' })] }),
  camera: undefined,
};

t.test('a version that does as the one before is good when its time is over', async (t) => {
  const told: ProbationFacts[] = [];
  const { play, begin, clock } = setup({ onProgress: (facts) => told.push(facts) });
  for (let second = 0; second < 10; second += 1) play('old', 2);
  const verdict = begin();
  for (let second = 0; second < 11; second += 1) play('new', 2);
  t.match(await verdict, {
    good: true,
    facts: { cameras: [{ camera: 'gate', expectedPerFrame: 2, perFrame: 2 }] },
  });
  t.match(told[0], { waiting: /on probation/ });
  t.equal(clock.pending, 0, 'no timer is left');
});

t.test(
  'the measure is what the version before did, also when the new one began before its probation',
  async (t) => {
    const { play, begin } = setup();
    for (let second = 0; second < 10; second += 1) play('old', 2);
    play('new', 0);
    const verdict = begin();
    for (let second = 0; second < 6; second += 1) play('new', 0);
    t.match(await verdict, { good: false, error: { code: 'MODEL_FINDS_NOTHING' } });
  },
);

t.test('without frames it goes on', async (t) => {
  const { begin, clock, ending } = setup();
  const verdict = begin();
  clock.advance(100_000);
  ending.abort(new DetectdError('INTERNAL', 'The daemon ends.'));
  await t.rejects(verdict, { message: 'The daemon ends.' });
  t.equal(clock.pending, 0);
});

t.test('a failure of its own worker ends it at once; others do not', async (t) => {
  const { begin, clock, watch } = setup();
  const error = new DetectdError('WORKER_CRASHED', 'It crashed.');
  const verdict = begin();
  let over = false;
  void verdict.then(() => {
    over = true;
  });
  watch.workerFailed(error, undefined);
  watch.workerFailed(error, { ...RUNNING, plan: workerPlan() });
  watch.workerFailed(error, { ...RUNNING, camera: 'gate' });
  clock.advance(1000);
  await Promise.resolve();
  t.notOk(over, 'an old worker, and one with which a camera hung');
  watch.workerFailed(error, RUNNING);
  clock.advance(1000);
  t.match(await verdict, { good: false, error: { code: 'MODEL_FAILS', message: /It crashed/ } });
});

t.test('frames that fail, memory that climbs, and what others say of it', async (t) => {
  const failing = setup();
  failing.play('old', 1);
  const failed = failing.begin();
  failing.play('new', 1);
  const counters = {
    camera: 'gate',
    captured: 0,
    analysed: 0,
    failed: 0,
    drops: noDrops(),
    reconnects: 0,
    lastFrameAgeMs: 0,
  };
  failing.watch.beat([{ ...counters, failed: 30 }], { rssBytes: 1e8 });
  failing.clock.advance(1000);
  t.match(await failed, { error: { code: 'MODEL_FAILS', message: /30 of / } });

  const climbing = setup();
  const climbed = climbing.begin();
  for (let second = 0; second < 11; second += 1) {
    climbing.watch.beat([], { rssBytes: 1e8 + second * 2e7 });
    climbing.play('new', 1);
  }
  t.match(await climbed, { error: { code: 'MODEL_LEAKS' } });

  const seen = setup({ leak: () => 'so says the detector.' });
  const leaks = seen.begin();
  seen.clock.advance(1000);
  t.match(await leaks, { error: { code: 'MODEL_LEAKS', message: /so says the detector/ } });
});

t.test('another worker by the same plan begins anew with its memory', async (t) => {
  const { begin, watch, play } = setup();
  const verdict = begin();
  for (let second = 0; second < 11; second += 1) {
    if (second === 5) watch.workerServes();
    watch.beat([], { rssBytes: 1e8 + second * 2e7 });
    play('new', 1);
  }
  t.match(await verdict, { good: true });
});

t.test('cameras that are gone are forgotten', async (t) => {
  const { begin, watch, play } = setup();
  play('old', 1, 'yard');
  const verdict = begin();
  play('new', 1, 'yard');
  watch.keep(['gate']);
  for (let second = 0; second < 11; second += 1) play('new', 1);
  t.match(await verdict, { facts: { cameras: [{ camera: 'gate' }] } });
});

t.test('a version that no camera uses has nothing to prove', async (t) => {
  let isUsed = true;
  const { begin, clock } = setup({ isUsed: () => isUsed });
  const verdict = begin();
  clock.advance(20_000);
  isUsed = false;
  clock.advance(1000);
  t.match(await verdict, { good: true, facts: { frames: 0 } });
  t.equal(clock.pending, 0);
});

t.test('of several versions on probation the newest is to blame for their worker', async (t) => {
  const { begin, clock, watch, ending } = setup();
  const older = begin();
  clock.advance(1000);
  const leak = () => 'it grows.';
  const other = { model: 'other', digest: 'x', bundle: '/srv/other', ms: 10_000, leak };
  const newer = watch.probation(other, ending.signal);
  const models = [modelPlan({ bundle: '/srv/new' }), modelPlan({ name: 'other', bundle: '/srv/other' })];
  const both = { plan: workerPlan({ models }), camera: undefined };
  watch.workerFailed(new DetectdError('WORKER_CRASHED', 'It crashed.'), both);
  clock.advance(1000);
  t.match(await newer, { error: { code: 'MODEL_FAILS' } });
  let over = false;
  void older.then(() => {
    over = true;
  });
  await Promise.resolve();
  t.notOk(over, 'the older one goes on');
  watch.workerFailed(new DetectdError('WORKER_CRASHED', 'It crashed.'), both);
  clock.advance(1000);
  t.match(await older, { error: { code: 'MODEL_FAILS' } }, 'until it is the only one left');
});

t.test('a version that is about to take over is to blame before those on probation', async (t) => {
  const { begin, clock, watch, play } = setup();
  const verdict = begin();
  const models = [modelPlan({ bundle: '/srv/new' }), modelPlan({ name: 'other', bundle: '/srv/other' })];
  const failure = { plan: workerPlan({ models }), camera: undefined };
  const coming = watch.whileComing({ model: 'other', bundle: '/srv/other' }, async () => {
    watch.workerFailed(new DetectdError('WORKER_CRASHED', 'It crashed.'), failure);
    throw new DetectdError('MODEL_LOAD', 'It does not load.');
  });
  await t.rejects(coming, { code: 'MODEL_LOAD' });
  for (let second = 0; second < 11; second += 1) play('new', 1);
  t.match(await verdict, { good: true });
  clock.advance(1000);
});

t.test('what the version before did is a measure for another process, too', async (t) => {
  const before = setup();
  before.play('old', 2);
  before.play('new', 9, 'yard');
  const measure = before.watch.measure('people', 'new');
  t.match(measure, { gate: { frames: 25, perFrame: 2 } });
  t.notOk('yard' in measure);
  const after = setup();
  after.watch.remember('people', measure);
  const verdict = after.begin();
  for (let second = 0; second < 6; second += 1) after.play('new', 0);
  t.match(await verdict, { good: false, error: { code: 'MODEL_FINDS_NOTHING' } });
});
