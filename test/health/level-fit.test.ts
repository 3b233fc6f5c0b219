/** Levels with jumps: found where they are, and no better than a line on what rises evenly. */
import t from 'tap';
import { levelFits } from '../../dist/health/level-fit.js';

t.test('one, two and three levels are found where they are', (t) => {
  const y = [5, 5, 5, 9, 9, 9, 9, 2, 2];
  const [one, two, three] = levelFits(y, 3);
  t.strictSame(one?.jumps, []);
  t.strictSame(two?.jumps, [7]);
  t.strictSame(three, { jumps: [3, 7], levels: [5, 9, 2], cost: 0 });
  t.ok((one?.cost ?? 0) > (two?.cost ?? 0));
  t.end();
});

t.test('no level is shorter than asked, and there are no more than fit', (t) => {
  t.strictSame(levelFits([0, 0, 0, 0, 7], 2, 2)[1]?.jumps, [3]);
  t.equal(levelFits([1, 2, 3], 4, 2).length, 1);
  t.strictSame(levelFits([], 3), []);
  t.end();
});

t.test('small jumps on large numbers of bytes are not lost in rounding', (t) => {
  const y = [8e12, 8e12, 8e12, 8e12 + 4096, 8e12 + 4096, 8e12 + 4096];
  t.strictSame(levelFits(y, 2)[1], { jumps: [3], levels: [8e12, 8e12 + 4096], cost: 0 });
  t.end();
});
