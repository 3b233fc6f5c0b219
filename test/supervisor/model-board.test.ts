/** What is known of models, and when it is worth saying. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import type { BuildProgress, EngineWish } from '../../dist/core/engine.js';
import type { UpdateView } from '../../dist/core/model-state.js';
import { ModelBoard, type ModelSituation } from '../../dist/supervisor/model-board.js';
import { modelReport } from '../helpers/worker-parts.js';

const SECOND = 1_000_000;
const wish: EngineWish = {
  key: 'k',
  provider: 'tensorrt',
  precision: 'fp16',
  mode: 'live',
  format: 'RGB',
};

function situation(change: Partial<ModelSituation> = {}): ModelSituation {
  return {
    name: 'people',
    probing: false,
    stepsDown: [],
    engine: { phase: 'idle' },
    failure: undefined,
    update: undefined,
    absent: undefined,
    ...change,
  };
}

function building(elapsedMs: number, change: Partial<BuildProgress> = {}): ModelSituation {
  const progress: BuildProgress = {
    phase: 'building',
    provider: 'tensorrt',
    precision: 'fp16',
    elapsedMs,
    expectedMs: 60_000,
    attempt: 1,
    ...change,
  };
  return situation({ engine: { phase: 'building', wish, progress } });
}

function board(digest = 'sha256:1') {
  const made = new ModelBoard();
  made.ready([modelReport({ identity: { name: 'people', version: '1', digest }, engines: ['e'] })]);
  return made;
}

function phase(made: ModelBoard, now: ModelSituation, workerFailure?: DetectdError): string | undefined {
  return made.refresh([now], workerFailure, 0).due[0]?.phase;
}

t.test('a model is loaded, then it serves', (t) => {
  const made = new ModelBoard();
  t.equal(phase(made, situation()), 'loading');
  made.ready([modelReport({ engines: ['e'], provider: 'cuda' })]);
  const [state] = made.refresh([situation()], undefined, 0).due;
  t.match(state, {
    model: 'people',
    phase: 'serving',
    active: { version: '1', provider: 'cuda', precision: 'fp32', engine: 'e' },
    previousDigest: undefined,
  });
  t.end();
});

t.test('every phase is told apart', (t) => {
  const failure = new DetectdError('ENGINE_BUILD', 'It failed.');
  t.equal(phase(board(), situation({ probing: true })), 'probing');
  t.equal(phase(board(), situation({ engine: { phase: 'queued' } })), 'waiting');
  t.equal(
    phase(board(), situation({ engine: { phase: 'building', wish, progress: undefined } })),
    'preparing',
  );
  t.equal(phase(board(), building(0, { phase: 'accepting' })), 'accepting');
  t.equal(phase(board(), situation({ failure })), 'failed');
  t.equal(phase(board(), situation({ failure, engine: { phase: 'queued' } })), 'waiting');
  const crash = new DetectdError('WORKER_CRASHED', 'It crashed.');
  const [state] = board().refresh([situation()], crash, 0).due;
  t.match(state, { phase: 'failed', error: { code: 'WORKER_CRASHED' } });
  t.end();
});

t.test('another bundle leaves the digest of the one before', (t) => {
  const made = board('sha256:1');
  const ready = (digest: string) =>
    made.ready([modelReport({ identity: { name: 'people', version: '1', digest } })]);
  ready('sha256:1');
  t.equal(made.refresh([situation()], undefined, 0).due[0]?.previousDigest, undefined);
  ready('sha256:2');
  t.equal(made.refresh([situation()], undefined, 0).due[0]?.previousDigest, 'sha256:1');
  t.end();
});

t.test('the same is said once, what has changed at once', (t) => {
  const made = board();
  const due = (now: ModelSituation, us: number) => made.refresh([now], undefined, us).due.length;
  t.equal(due(situation(), 0), 1);
  t.equal(due(situation(), 100 * SECOND), 0);
  t.equal(due(situation({ stepsDown: [{ provider: 'cuda', reason: 'x' }] }), 100 * SECOND), 1);
  t.end();
});

t.test('progress is said every other second, another phase or precision at once', (t) => {
  const made = board();
  const due = (now: ModelSituation, us: number) => made.refresh([now], undefined, us).due.length;
  t.equal(due(building(0), 0), 1);
  t.equal(due(building(1000), SECOND), 0);
  t.equal(due(building(2000), 2 * SECOND), 1);
  t.equal(due(building(2000), 9 * SECOND), 0, 'nothing new');
  t.equal(due(building(2100, { phase: 'loading' }), 9 * SECOND), 1);
  t.equal(due(building(2200, { phase: 'loading', precision: 'fp32' }), 9 * SECOND), 1);
  t.end();
});

t.test('a model that is not configured any more is gone, and new where another worker serves', (t) => {
  const made = board();
  made.refresh([situation()], undefined, 0);
  t.strictSame(made.refresh([], undefined, 0).gone, ['people']);
  t.strictSame(made.refresh([], undefined, 0).gone, []);
  made.ready([]);
  t.equal(phase(made, situation()), 'loading');
  t.end();
});

const update: UpdateView = {
  source: 'https://host/p.tgz',
  phase: 'downloading',
  since: '2026-01-01T00:00:00Z',
  version: undefined,
  digest: undefined,
  error: undefined,
  progress: { done: 1, total: 100, leftMs: 9000, waiting: undefined },
  there: true,
};

t.test('a model is at what its next version is at, and serves when that is over', async (t) => {
  const made = board();
  t.equal(phase(made, situation({ update })), 'downloading');
  t.equal(phase(made, situation({ update: { ...update, phase: 'active' } })), 'probation');
  const error = { code: 'MODEL_SLOW', message: 'It is slow.' } as const;
  t.equal(phase(made, situation({ update: { ...update, phase: 'rolled_back', error } })), 'serving');
  const never = situation({ update: { ...update, phase: 'failed', error }, absent: 'missing' });
  t.equal(phase(new ModelBoard(), never), 'missing');
});

t.test('the progress of an update is told every other second, what it waits for at once', async (t) => {
  const made = board();
  const at = (done: number, waiting?: string): ModelSituation =>
    situation({ update: { ...update, progress: { done, total: 100, leftMs: 9000, waiting } } });
  const told = (now: ModelSituation, seconds: number): number =>
    made.refresh([now], undefined, seconds * SECOND).due.length;
  t.equal(told(at(1), 0), 1);
  t.equal(told(at(2), 1), 0);
  t.equal(told(at(3), 2), 1);
  t.equal(told(at(3), 5), 0, 'nothing has changed');
  t.equal(told(at(3, 'the window opens at 22:00'), 5.5), 1);
});

t.test('a model that no camera used for a while serves at once where the worker has kept it', (t) => {
  const made = board();
  made.refresh([situation()], undefined, 0);
  made.refresh([], undefined, 0);
  const { due } = made.refresh([situation()], undefined, 0);
  t.match(due, [{ phase: 'serving', active: { digest: 'sha256:1' } }]);
  t.end();
});
