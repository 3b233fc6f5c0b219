/** Settings of slicing that several parts rely on. */
import t from 'tap';
import { DEFAULT_SLICING, LEAST_TILE, MOST_OVERLAP, MOST_TILE } from '../../dist/core/slicing.js';

t.test('the defaults are within their own limits, and tiles always advance', async (t) => {
  const { tile, overlap, threshold } = DEFAULT_SLICING;
  t.ok(tile === 'auto' || (tile >= LEAST_TILE && tile <= MOST_TILE));
  t.ok(overlap >= 0 && overlap <= MOST_OVERLAP);
  t.ok(threshold > 0 && threshold <= 1);
  t.ok(LEAST_TILE * (1 - MOST_OVERLAP) >= 1, 'the smallest tile has a neighbour that begins elsewhere');
});
