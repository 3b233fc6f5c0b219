import t from 'tap';
import { frigateState, unbelieved } from '../../../dist/publish/adapters/frigate-state.js';
import { FRIGATE_STATE, shapeOf } from '../../helpers/foreign-shapes.js';
import { trackEvent } from '../../helpers/track-event.js';

const at = (us: number) => 1_607_123_000 + us / 1e6;

t.test('an object has the fields of Frigate', async (t) => {
  const state = frigateState(trackEvent(), undefined, 0, at);
  t.same(shapeOf(state), FRIGATE_STATE);
  t.match(state, {
    ...{ id: 'gate-7f3c0a11-1', camera: 'gate', label: 'person', max_severity: 'alert' },
    ...{ frame_time: 1_607_123_002, start_time: 1_607_123_001, end_time: null },
    ...{ box: [64, 48, 320, 240], area: 256 * 192, ratio: 1.3333, region: [0, 0, 640, 480] },
    ...{ score: 0.8, top_score: 0.9, false_positive: false, active: true, stationary: false },
    ...{ current_zones: [], entered_zones: [], has_clip: false, has_snapshot: false },
  });
  t.same(state.path_data, [[[0.3005, 0.5], 1_607_123_002]]);
});

t.test('what was said of an object once stays so', async (t) => {
  const first = frigateState(trackEvent(), undefined, 0, at);
  const drifted = (us: number) => at(us) + 0.5;
  const worse = frigateState(trackEvent({ type: 'end', seenUs: 9e6, score: 0.4 }), first, 0, drifted);
  t.equal(worse.start_time, first.start_time, 'a clock that was set begins no new event');
  t.same(worse.snapshot, first.snapshot, 'the best sight');
  t.equal(worse.end_time, worse.frame_time);
  const better = frigateState(trackEvent({ seenUs: 3e6, score: 0.95 }), first, 0, at);
  t.match(better.snapshot, { score: 0.95, frame_time: 1_607_123_003 });
});

t.test('rest and movement are counted', async (t) => {
  const path: [number, number][] = [
    [0.3, 0.5],
    [0.5, 0.5],
  ];
  const still = frigateState(trackEvent({ stationary: true, hits: 60 }), undefined, 57, at);
  t.match(still, { stationary: true, active: false, motionless_count: 57, position_changes: 0 });
  const moves = frigateState(trackEvent({ path }), still, 0, at);
  t.match(moves, { stationary: false, motionless_count: 0, position_changes: 1 });
  t.equal(frigateState(trackEvent({ path }), moves, 0, at).position_changes, 1);
});

t.test('before it is believed it is a false positive, and its way is kept within bounds', async (t) => {
  let state = frigateState(trackEvent(), undefined, 0, at);
  t.match(unbelieved(state), { id: state.id, false_positive: true, top_score: 0, end_time: null });
  for (let step = 1; step < 100; step += 1) {
    const box = { x1: step, y1: 48, x2: 100 + step, y2: 240 };
    state = frigateState(trackEvent({ box, seenUs: step * 1e6 }), state, 0, at);
  }
  t.equal(state.path_data.length, 32);
  t.equal(state.path_data.at(-1)?.[1], at(99e6));
});
