/** What is wrong with the figures of a self test, and what to do about it. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { selftestError, selftestProblems } from '../../dist/commands/selftest-verdict.js';

const LIMITS = { precision: 0.95, recall: 0.95, frames: 20, latency_ms: 1000 };
const FIGURES = {
  precision: 0.98,
  recall: 0.97,
  fps: 30,
  latency_ms: { p50: 20, p99: 60 },
  frames: 450,
  objects: { right: 1300, wrong: 20, missed: 30 },
  lost: 0,
  unreadable: 0,
};
const OUTCOME = {
  figures: FIGURES,
  labels: ['circle', 'star'],
  arithmetic: { wanted: 'fp32', used: 'fp32' },
  drawn: ['circle', 'star'],
  workerFaults: [],
};

const problems = (figures: object, change: object = {}) =>
  selftestProblems({ ...OUTCOME, figures: { ...FIGURES, ...figures }, ...change }, LIMITS);

t.test('within the limits, and on them, nothing is wrong', async (t) => {
  t.strictSame(problems({}), []);
  t.strictSame(
    problems({ precision: 0.95, recall: 0.95, frames: 20, latency_ms: { p50: 1, p99: 1000 } }),
    [],
  );
  t.strictSame(problems({}, { labels: undefined }), [], 'also when the model has not said what it knows');
});

t.test('each figure beyond its limit is a problem with a cure', async (t) => {
  for (const [figures, check, said] of [
    [{ precision: 0.9499 }, 'precision', 'Precision is 0.9499, below 0.95: 20 detections are wrong.'],
    [{ recall: 0.5 }, 'recall', 'Recall is 0.5, below 0.95: 30 objects were not found.'],
    [{ frames: 19 }, 'frames', 'Only 19 pictures were analysed, fewer than 20.'],
    [{ latency_ms: { p50: 1, p99: 1000.1 } }, 'latency', 'took 1000.1 ms or more, longer than 1000 ms'],
    [{ lost: 3 }, 'sequence', '3 messages were sent but did not come.'],
    [{ unreadable: 2 }, 'messages', '2 messages were no detections with the truth of their picture.'],
  ] as [object, string, string][]) {
    const [problem, ...more] = problems(figures);
    t.match(problem, { check, state: 'failed', cure: /\w/ });
    t.match(problem?.detail, said);
    t.strictSame(more, []);
  }
});

t.test('a model that finds nothing is told as that, with its likely reason', async (t) => {
  const nothing = { precision: null, recall: 0, objects: { right: 0, wrong: 0, missed: 900 } };
  t.match(problems(nothing), [
    { check: 'recall', detail: 'Nothing was found in 450 pictures that hold 900 objects.' },
  ]);
  t.match(problems(nothing, { labels: ['person', 'car'] }), [
    {
      check: 'model',
      detail: 'The model knows none of the drawn shapes (circle, star); it knows person, car.',
    },
  ]);
  t.match(problems(nothing, { labels: [] }), [{ detail: /it knows nothing\.$/ }]);
});

t.test('scenes without an object prove nothing', async (t) => {
  const empty = { precision: null, recall: null, objects: { right: 0, wrong: 0, missed: 0 } };
  t.match(problems(empty), [{ check: 'scene' }]);
});

t.test('a worker that ended is a problem with its own code', async (t) => {
  const workerFaults = [new DetectdError('WORKER_CRASHED', 'It crashed.', 'Look.')];
  t.match(problems({}, { workerFaults }), [
    { check: 'worker', code: 'WORKER_CRASHED', detail: 'It crashed.', cure: 'Look.' },
  ]);
});

t.test('the command ends with how many there are', async (t) => {
  t.match(selftestError(problems({ lost: 1 })), {
    code: 'SELFTEST_FAILED',
    message: 'The self test found 1 problem.',
  });
  t.match(selftestError(problems({ lost: 1, recall: 0 })).message, '2 problems');
});

t.test('a pass in other arithmetic than was asked for is none', (t) => {
  const arithmetic = { wanted: 'fp16', used: 'fp32' };
  const [problem, ...more] = problems({}, { arithmetic });
  t.match(problem, { check: 'arithmetic', state: 'failed', detail: /fp16.*fp32/ });
  t.strictSame(more, []);
  t.end();
});
