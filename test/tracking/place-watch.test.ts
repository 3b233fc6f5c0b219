import t from 'tap';
import { parseWeekTime } from '../../dist/core/week-schedule.js';
import type { Watch } from '../../dist/core/zone.js';
import { anchorOf, counts, isWatched, placeOf } from '../../dist/tracking/place-watch.js';

const BOX = { x1: 100, y1: 50, x2: 200, y2: 250 };
const watch = (changes: Partial<Watch> = {}): Watch => ({
  ...{ name: 'bay', labels: undefined, anchor: 'bottom', minArea: 0, maxArea: 1, times: [] },
  ...changes,
});

t.test('the point that counts lies halfway across the box', async (t) => {
  t.same(anchorOf(BOX, 'bottom'), [150, 250]);
  t.same(anchorOf(BOX, 'centre'), [150, 150]);
  t.same(anchorOf(BOX, 'top'), [150, 50]);
});

t.test('who is cut off by the edge of the picture stands just within it', async (t) => {
  t.same(placeOf(BOX, 'bottom', 400, 500), [0.375, 0.5]);
  const [x, y] = placeOf({ x1: 390, y1: 300, x2: 420, y2: 520 }, 'bottom', 400, 500);
  t.ok(x > 0.999 && x < 1 && y > 0.999 && y < 1);
  t.same(placeOf({ x1: -90, y1: -20, x2: -10, y2: 0 }, 'top', 400, 500), [0, 0]);
});

t.test('labels and sizes are let through or not', async (t) => {
  const person = { label: 'person', box: BOX };
  const part = 20_000 / 200_000;
  t.ok(counts(watch(), person, 200_000));
  t.ok(counts(watch({ labels: ['person', 'car'] }), person, 200_000));
  t.notOk(counts(watch({ labels: ['car'] }), person, 200_000));
  t.ok(counts(watch({ minArea: part, maxArea: part }), person, 200_000));
  t.notOk(counts(watch({ minArea: part * 1.01 }), person, 200_000));
  t.notOk(counts(watch({ maxArea: part * 0.99 }), person, 200_000));
});

t.test('what has times is watched then alone', async (t) => {
  const monday = new Date(2026, 10, 23, 12).getTime();
  t.ok(isWatched(watch(), monday));
  t.ok(isWatched(watch({ times: [parseWeekTime('mon')] }), monday));
  t.notOk(isWatched(watch({ times: [parseWeekTime('tue')] }), monday));
});
