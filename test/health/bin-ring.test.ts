/** A ring of bins: what is kept, what is gone, and gaps of any length. */
import t from 'tap';
import { BinRing } from '../../dist/health/bin-ring.js';

t.test('the newest bins are kept, older ones are gone', (t) => {
  const ring = new BinRing(3);
  t.equal(ring.newest, -1);
  for (let bin = 0; bin < 5; bin += 1) ring.set(bin, bin * 10);
  t.match(ring, { newest: 4, oldest: 2 });
  t.strictSame(
    [1, 2, 3, 4, 5].map((bin) => ring.at(bin)),
    [Number.NaN, 20, 30, 40, Number.NaN],
  );
  t.strictSame(ring.valuesBetween(0, 4), [20, 30]);
  ring.set(1, 99);
  t.strictSame(ring.valuesBetween(0, 9), [20, 30, 40], 'a bin that is gone is not written');
  t.end();
});

t.test('bins that were passed over are empty, however many', (t) => {
  const ring = new BinRing(4);
  ring.set(0, 1);
  ring.set(3, 4);
  t.strictSame(ring.valuesBetween(0, 4), [1, 4]);
  t.equal(ring.mean(0, 4), 2.5);
  t.ok(Number.isNaN(ring.mean(1, 3)), 'one of three is too few for a mean');
  ring.set(1e12, 7);
  t.strictSame(ring.valuesBetween(0, 2e12), [7]);
  ring.clear();
  t.equal(ring.newest, -1);
  t.ok(Number.isNaN(ring.at(0)));
  t.end();
});
