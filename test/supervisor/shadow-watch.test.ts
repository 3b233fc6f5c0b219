/** What a new version finds beside the one that serves, added up. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import type { ShadowFacts } from '../../dist/core/model-trial.js';
import type { ShadowReport } from '../../dist/ipc/protocol.js';
import { type ShadowOptions, ShadowWatch } from '../../dist/supervisor/shadow-watch.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { modelPlan, workerPlan } from '../helpers/plans.js';

const THING = { label: 'thing', labelId: 0, score: 0.9, box: { x1: 0, y1: 0, x2: 9, y2: 9 } };

function report(change: Partial<ShadowReport> = {}): ShadowReport {
  return {
    ...{
      camera: 'gate',
      capturedAtUs: 0,
      imageWidth: 640,
      imageHeight: 480,
      both: 3,
      onlyOld: 0,
      onlyNew: 0,
    },
    ...{ examplesOld: [], examplesNew: [] },
    ...change,
  };
}

function setup(change: Partial<ShadowOptions> = {}) {
  const clock = new FakeClock();
  const watch = new ShadowWatch(clock);
  const told: ShadowFacts[] = [];
  const ending = new AbortController();
  const options = { model: 'people', digest: 'new', bundle: '/srv/new', seconds: 20, minAgreement: 0 };
  const done = watch.watch({ ...options, onFacts: (facts) => told.push(facts), ...change }, ending.signal);
  const see = (of: ShadowReport): void => watch.take({ type: 'shadow', report: of });
  return { clock, watch, told, done, see, ending };
}

t.test('counts and examples by camera, told now and then and at the end', async (t) => {
  const { clock, told, done, see } = setup();
  clock.advance(100_000);
  t.match(
    told.at(-1),
    { frames: 0, agreement: undefined, seconds: 0 },
    'its time begins with its first frame',
  );
  see(report());
  see(report({ onlyNew: 1, examplesNew: [THING] }));
  see(report({ camera: 'yard', both: 1, onlyOld: 1, examplesOld: [THING] }));
  const before = told.length;
  clock.advance(20_000);
  const facts = await done;
  t.equal(facts.agreement, 7 / 9);
  t.match(facts, {
    ...{ frames: 3, done: true, seconds: 20, digest: 'new' },
    cameras: [
      {
        camera: 'gate',
        frames: 2,
        both: 6,
        onlyNew: 1,
        examples: [{ onlyNew: [THING], width: 640, ts: /Z$/ }],
      },
      { camera: 'yard', onlyOld: 1 },
    ],
  });
  t.strictSame(told.at(-1), facts);
  t.ok(told.length - before <= 5, 'every five seconds');
  t.equal(clock.pending, 0, 'no timer is left');
});

t.test('the newest few examples are kept', async (t) => {
  const { clock, done, see } = setup();
  for (let frame = 0; frame < 9; frame += 1) see(report({ onlyOld: 1, imageWidth: frame }));
  clock.advance(20_000);
  t.strictSame(
    (await done).cameras[0]?.examples.map(({ width }) => width),
    [6, 7, 8],
  );
});

t.test('too little agreement is a reason where it was asked for', async (t) => {
  const { clock, done, see, told } = setup({ minAgreement: 0.9 });
  see(report({ onlyNew: 1 }));
  clock.advance(20_000);
  await t.rejects(done, { code: 'MODEL_DISAGREES', message: /75\.0 %.*90\.0 %/ });
  t.equal(told.at(-1)?.done, true);
});

t.test('one that cannot run, and a worker that dies of it', async (t) => {
  const failing = setup();
  failing.watch.take({ type: 'shadow-failed', error: { code: 'MODEL_LOAD', message: 'No.' } });
  await t.rejects(failing.done, { code: 'MODEL_FAILS', message: /No\./ });
  failing.see(report());
  const dying = setup();
  const error = new DetectdError('WORKER_CRASHED', 'It crashed.');
  const shadow = { model: modelPlan({ bundle: '/srv/new' }), share: 1 };
  dying.watch.workerFailed(error, { plan: workerPlan(), camera: undefined });
  dying.watch.workerFailed(error, { plan: workerPlan({ shadow }), camera: 'gate' });
  dying.watch.workerFailed(error, { plan: workerPlan({ shadow }), camera: undefined });
  await t.rejects(dying.done, { code: 'MODEL_FAILS', message: /It crashed/ });
});

t.test('it ends with its signal', async (t) => {
  const { done, ending, clock } = setup();
  ending.abort(new Error('another version came'));
  await t.rejects(done, { message: 'another version came' });
  t.equal(clock.pending, 0);
});
