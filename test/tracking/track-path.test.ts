import t from 'tap';
import { TrackPath } from '../../dist/tracking/track-path.js';

const at = (x: number, y = 100) => ({ x1: x, y1: y - 50, x2: x + 20, y2: y });

t.test('keeps where the bottom centre has been, as fractions of the picture', async (t) => {
  const path = new TrackPath();
  path.add(at(0), 200, 200, 0);
  path.add(at(1), 200, 200, 1e6);
  path.add(at(100), 200, 200, 2e6);
  t.same(path.points, [
    [0.05, 0.5],
    [0.55, 0.5],
  ]);
});

t.test('a long way takes no more room than a short one', async (t) => {
  const path = new TrackPath();
  for (let step = 0; step < 10_000; step += 1) path.add(at((step * 7) % 1000), 1000, 1000, step * 1e5);
  t.ok(path.points.length <= 16);
  t.same(path.points[0], [0.01, 0.1]);
});

t.test('is stationary after ten seconds at a place, and no longer when it leaves', async (t) => {
  const path = new TrackPath();
  for (let second = 0; second <= 10; second += 1) path.add(at(second % 2), 200, 200, second * 1e6);
  t.notOk(path.stationary(9e6));
  t.ok(path.stationary(10e6));
  path.add(at(60), 200, 200, 11e6);
  t.notOk(path.stationary(11e6));
});

t.test('points outside the picture are put at its edge, and a picture without size has none', async (t) => {
  const path = new TrackPath();
  path.add(at(-500, 900), 200, 200, 0);
  path.add(at(0), 0, 0, 0);
  t.same(path.points, [[0, 1]]);
});
