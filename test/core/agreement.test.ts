/** What two models found in one picture. */
import t from 'tap';
import { agreement, overlap } from '../../dist/core/agreement.js';
import type { Detection } from '../../dist/core/detection.js';

const box = (x1: number, y1: number, x2: number, y2: number) => ({ x1, y1, x2, y2 });

function found(x1: number, label = 'thing'): Detection {
  return { label, labelId: 0, score: 0.9, box: box(x1, 0, x1 + 10, 10) };
}

t.test('boxes overlap by what they share of what they cover', async (t) => {
  t.equal(overlap(box(0, 0, 10, 10), box(0, 0, 10, 10)), 1);
  t.equal(overlap(box(0, 0, 10, 10), box(5, 0, 15, 10)), 50 / 150);
  t.equal(overlap(box(0, 0, 10, 10), box(10, 0, 20, 10)), 0);
  t.equal(overlap(box(0, 0, 10, 10), box(20, 20, 10, 10)), 0);
  t.equal(overlap(box(0, 0, 10, 10), box(Number.NaN, 0, 5, 5)), 0);
});

t.test('the same label in boxes that overlap by half is the same; each counts once', async (t) => {
  t.strictSame(agreement([found(0)], [found(3)]), { both: 1, onlyOld: [], onlyNew: [] });
  t.match(agreement([found(0)], [found(4)]), { both: 0, onlyOld: [{}], onlyNew: [{}] });
  t.match(agreement([found(0)], [found(0, 'other')]), { both: 0 });
  t.match(agreement([found(0), found(1)], [found(1)]), { both: 1, onlyOld: [{}], onlyNew: [] });
  const [near, far] = [found(1), found(3)];
  t.strictSame(agreement([found(0)], [far, near]).onlyNew, [far], 'the one that overlaps most');
  t.strictSame(agreement([], []), { both: 0, onlyOld: [], onlyNew: [] });
});
