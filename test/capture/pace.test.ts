import t from 'tap';
import { Pace } from '../../dist/capture/pace.js';

function taken(fps: number, arrivalsMs: number[]): number {
  const pace = new Pace(fps);
  let count = 0;
  for (const ms of arrivalsMs) {
    if (pace.waitMs(ms * 1000) > 0) continue;
    pace.took(ms * 1000);
    count += 1;
  }
  return count;
}
const every = (ms: number, n: number) => Array.from({ length: n }, (_, index) => 1000 + index * ms);

t.test('a faster source is thinned to the cap', (t) => {
  t.ok(Math.abs(taken(10, every(10, 1000)) - 101) <= 1);
  t.ok(Math.abs(taken(0.5, every(100, 1000)) - 51) <= 1);
  t.end();
});

t.test('a source at or below the cap loses nothing, jitter included', (t) => {
  t.equal(taken(10, every(100, 200)), 200);
  t.equal(taken(30, every(100, 200)), 200);
  const jitter = every(100, 200).map((ms, index) => ms + (index % 2 === 0 ? 30 : -30));
  t.equal(taken(10, jitter), 200);
  t.end();
});

t.test('a pause is not made up for by a burst', (t) => {
  const arrivals = [...every(100, 10), ...every(1, 300).map((ms) => ms + 60_000)];
  t.ok(taken(10, arrivals) <= 10 + 5, 'a burst of 300 ms gives at most 0.3 s and one interval of frames');
  t.end();
});
