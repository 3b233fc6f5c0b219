/** Who stays and who goes, from figures. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import type { WindowFacts } from '../../dist/supervisor/frame-window.js';
import { judgeProbation, type ProbationInput } from '../../dist/supervisor/probation-judge.js';

/** 25 frames a second, two objects in each, 10 ms per frame. */
function facts(change: Partial<WindowFacts> = {}): WindowFacts {
  const { frames = 1000, perFrame = 2 } = change;
  const usual = { inferMs: 10, inferMs95: 12, intervalMs: 40 };
  return { ...usual, frames, perFrame, detections: frames * perFrame, ...change };
}

function judged(
  seen: Partial<WindowFacts>,
  before: Partial<WindowFacts> | undefined,
  change: Partial<ProbationInput> = {},
) {
  return judgeProbation({
    model: 'people',
    watchedMs: 300_000,
    probationMs: 600_000,
    cameras: [
      { camera: 'gate', seen: facts(seen), before: before === undefined ? undefined : facts(before) },
    ],
    failure: undefined,
    failedFrames: 0,
    leak: undefined,
    ...change,
  }).verdict;
}

t.test('one that does as the one before goes on, and is good when its time is over', async (t) => {
  t.equal(judged({}, {}), undefined);
  t.match(judged({}, {}, { watchedMs: 600_000 }), {
    good: true,
    facts: { frames: 1000, waiting: undefined },
  });
});

t.test('with nothing to judge by it stays where it is', async (t) => {
  const { facts, verdict } = judgeProbation({
    ...{ model: 'people', watchedMs: 1e9, probationMs: 600_000, cameras: [], failure: undefined },
    ...{ failedFrames: 0, leak: undefined },
  });
  t.equal(verdict, undefined);
  t.match(facts.waiting, /fewer than 20 frames/);
  t.match(
    judged({}, undefined, { watchedMs: 600_000 }),
    { good: true },
    'nothing before is no reason to refuse',
  );
});

t.test('a worker that fails, frames that fail and memory that goes', async (t) => {
  const failure = new DetectdError('WORKER_CRASHED', 'It crashed.');
  t.match(judged({}, {}, { failure }), {
    good: false,
    error: { code: 'MODEL_FAILS', message: /It crashed/ },
  });
  t.match(judged({}, {}, { failedFrames: 60 }), { error: { code: 'MODEL_FAILS', message: /60 of 1060/ } });
  t.equal(judged({}, {}, { failedFrames: 40 }), undefined);
  t.match(judged({}, {}, { leak: 'it grows.' }), { error: { code: 'MODEL_LEAKS', message: /it grows/ } });
});

t.test('slower is refused where a camera suffers from it', async (t) => {
  t.match(judged({ inferMs: 41 }, {}), {
    good: false,
    error: { code: 'MODEL_SLOW', message: /41 ms.*10 ms/ },
  });
  t.match(judged({ inferMs: 26, intervalMs: 60 }, {}), { error: { code: 'MODEL_SLOW' } });
  t.equal(judged({ inferMs: 26 }, {}), undefined, 'it keeps up');
  t.equal(judged({ inferMs: 24, intervalMs: 60 }, {}), undefined, 'it is not that much slower');
  t.equal(judged({ inferMs: 41, frames: 19 }, {}), undefined, 'a few frames say nothing');
});

t.test('one that finds nothing where something was expected, once a scene had its time', async (t) => {
  const nothing = { good: false, error: { code: 'MODEL_FINDS_NOTHING', message: /"gate".*about 2000/ } };
  t.match(judged({ perFrame: 0 }, {}), nothing);
  t.match(judged({ perFrame: 0.39 }, {}), nothing);
  t.equal(judged({ perFrame: 0.41 }, {}), undefined);
  t.equal(judged({ perFrame: 0 }, {}, { watchedMs: 59_999 }), undefined);
  t.match(judged({ perFrame: 0 }, {}, { watchedMs: 5000, probationMs: 10_000 }), nothing);
  t.equal(judged({ perFrame: 0 }, { perFrame: 0.019 }), undefined, 'so few may be chance');
  t.equal(judged({ perFrame: 0 }, { frames: 19 }), undefined, 'the one before was hardly seen');
});

t.test('one that sees things', async (t) => {
  t.match(judged({ perFrame: 11 }, {}), { error: { code: 'MODEL_FINDS_TOO_MUCH' } });
  t.equal(judged({ perFrame: 9 }, {}), undefined);
  t.equal(judged({ perFrame: 4 }, { perFrame: 0 }), undefined, 'somebody may come where nobody was');
  t.match(judged({ perFrame: 6 }, { perFrame: 0 }), { error: { code: 'MODEL_FINDS_TOO_MUCH' } });
  t.equal(judged({ frames: 20, perFrame: 4.9 }, { perFrame: 0.1 }), undefined, 'fewer than a hundred');
});
