/** Sums of what is kept. */
import t from 'tap';
import { Tally } from '../../../dist/publish/outbox/tally.js';

t.test('sums follow what comes and goes, by level', async (t) => {
  const tally = new Tally();
  t.equal(tally.leastValuable, undefined);
  tally.add(2, 100);
  tally.add(2, 50);
  tally.add(4, 10);
  t.same([tally.count, tally.bytes, tally.countOf(2)], [3, 160, 2]);
  t.equal(tally.leastValuable, 2);
  tally.remove(2, 100);
  tally.remove(2, 49);
  t.same([tally.count, tally.bytes], [1, 10], 'nothing of a level has no size');
  t.equal(tally.leastValuable, undefined, 'announcements of losses are not for giving up');
  tally.remove(0, 5);
  t.same([tally.count, tally.bytes], [1, 10], 'never below nothing');
  tally.clear();
  t.equal(tally.bytes, 0);
});

t.test('sums travel as rows; bad ones count as nothing', async (t) => {
  const tally = new Tally();
  tally.add(0, 7);
  tally.add(3, 9);
  const other = new Tally();
  other.fromRows(JSON.parse(JSON.stringify(tally.toRows())));
  t.same(other.toRows(), tally.toRows());
  for (const rows of [undefined, null, 'x', {}, [[-1, 'a'], 5, [Number.NaN, 3]]]) {
    other.fromRows(rows);
    t.same([other.count, other.bytes], [0, 0]);
  }
});
