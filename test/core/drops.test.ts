/** Counts of frames that were never analysed. */
import t from 'tap';
import { addedDrops, allDrops, noDrops } from '../../dist/core/drops.js';

t.test('counts are added cause by cause', (t) => {
  const sum = addedDrops({ ...noDrops(), replaced: 2, closed: 1 }, { ...noDrops(), replaced: 3, paced: 4 });
  t.strictSame(sum, { replaced: 5, paced: 4, backlog: 0, closed: 1 });
  t.equal(allDrops(sum), 10);
  t.equal(allDrops(noDrops()), 0);
  t.end();
});
