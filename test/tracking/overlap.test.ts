import t from 'tap';
import { grownOverlap, overlap } from '../../dist/tracking/overlap.js';

const box = (x1: number, y1: number, x2: number, y2: number) => ({ x1, y1, x2, y2 });

t.test('overlap is the common part of both', async (t) => {
  t.equal(overlap(box(0, 0, 10, 10), box(0, 0, 10, 10)), 1);
  t.equal(overlap(box(0, 0, 10, 10), box(5, 0, 15, 10)), 50 / 150);
  t.equal(overlap(box(0, 0, 10, 10), box(10, 0, 20, 10)), 0);
});

t.test('grown boxes meet that did not touch', async (t) => {
  const near = [box(0, 0, 10, 10), box(12, 0, 22, 10)] as const;
  t.equal(overlap(...near), 0);
  t.ok(grownOverlap(...near, 0.5) > 0);
  t.equal(grownOverlap(near[0], near[0], 0.5), 1);
});

t.test('empty boxes and no numbers overlap nothing', async (t) => {
  t.equal(overlap(box(5, 5, 5, 5), box(0, 0, 10, 10)), 0);
  t.equal(overlap(box(9, 0, 1, 10), box(0, 0, 10, 10)), 0);
  t.equal(overlap(box(Number.NaN, 0, 1, 1), box(0, 0, 10, 10)), 0);
});
