/** Which engine comes next. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import type { EngineWish } from '../../dist/core/engine.js';
import { type Fate, failedFate, nextBuild } from '../../dist/supervisor/build-queue.js';
import { modelPlan } from '../helpers/plans.js';

function wish(key: string, change: Partial<EngineWish> = {}): EngineWish {
  return { key, provider: 'cpu', precision: 'fp32', mode: 'live', format: 'RGB', ...change };
}

const error = new DetectdError('ENGINE_BUILD', 'It failed.');
const built: Fate = { kind: 'built' };
const settled: Fate = { kind: 'failed', error, final: true, againUs: undefined };
const people = { model: modelPlan({ name: 'people' }), wanted: [wish('best'), wish('lesser')] };
const cars = { model: modelPlan({ name: 'cars' }), wanted: [wish('of cars')] };

function next(models: Parameters<typeof nextBuild>[0], fates: Record<string, Fate>, nowUs = 0) {
  const step = nextBuild(models, new Map(Object.entries(fates)), nowUs);
  return step.do === 'build' ? `${step.model.name}: ${step.wish.key}` : step;
}

t.test('models come in their order, of each the best engine first', (t) => {
  t.equal(next([people, cars], {}), 'people: best');
  t.equal(next([cars, people], {}), 'cars: of cars');
  t.strictSame(next([], {}), { do: 'nothing' });
  t.end();
});

t.test('once there is an engine, lesser ones are not built', (t) => {
  t.equal(next([people, cars], { best: built }), 'cars: of cars');
  t.strictSame(next([people], { best: built }), { do: 'nothing' });
  t.end();
});

t.test('what failed makes way for the next best', (t) => {
  t.equal(next([people], { best: settled }), 'people: lesser');
  t.strictSame(next([people], { best: settled, lesser: built }), { do: 'nothing' });
  t.strictSame(next([people], { best: settled, lesser: settled }), { do: 'nothing' });
  t.end();
});

t.test('each way that pictures arrive has an engine of its own', (t) => {
  const both = {
    model: modelPlan(),
    wanted: [wish('live'), wish('exact', { mode: 'exact' }), wish('live too')],
  };
  t.equal(next([both], { live: built }), 'people: exact');
  t.equal(next([both], { live: settled }), 'people: live too');
  t.strictSame(next([both], { live: built, exact: built }), { do: 'nothing' });
  t.end();
});

t.test('what may pass is tried once more, and others meanwhile', (t) => {
  const first = failedFate(undefined, { error, final: false }, 1_000_000);
  t.equal(next([people], { best: first }, 1_000_000), 'people: lesser');
  t.strictSame(next([people], { best: first, lesser: built }, 2_000_000), {
    do: 'wait',
    untilUs: 61_000_000,
  });
  t.equal(next([people], { best: first, lesser: built }, 61_000_000), 'people: best');
  const second = failedFate(first, { error, final: false }, 62_000_000);
  t.strictSame(next([people], { best: second, lesser: built }, 1e12), { do: 'nothing' });
  t.end();
});

t.test('what fails for good is not tried again', (t) => {
  const fate = failedFate(undefined, { error, final: true }, 0);
  t.strictSame(fate, settled);
  t.end();
});

t.test('of several that wait the first counts', (t) => {
  const waits = (againUs: number): Fate => ({ kind: 'failed', error, final: false, againUs });
  t.strictSame(next([people], { best: waits(9), lesser: waits(5) }, 1), { do: 'wait', untilUs: 5 });
  t.end();
});
