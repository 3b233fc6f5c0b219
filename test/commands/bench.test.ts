/** The arithmetic of `bench`. */
import t from 'tap';
import { median } from '../../dist/commands/bench.js';

t.test('the median is the middle, or the mean of the two in the middle', async (t) => {
  t.equal(median([3]), 3);
  t.equal(median([9, 1, 5]), 5);
  t.equal(median([4, 1, 3, 100]), 3.5);
  t.ok(Number.isNaN(median([])));
});
