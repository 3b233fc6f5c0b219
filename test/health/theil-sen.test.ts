/** The robust line: exact on lines, unmoved by wild values, harmless on nothing. */
import t from 'tap';
import { quantile, theilSen } from '../../dist/health/theil-sen.js';

t.test('a line is found exactly, and without spread', (t) => {
  const x = [0, 1, 2, 4, 8];
  t.match(
    theilSen(
      x,
      x.map((v) => 3 * v - 5),
    ),
    { slope: 3, intercept: -5, spread: 0, error: 0 },
  );
  t.end();
});

t.test('a quarter of wild values does not move it', (t) => {
  const x = Array.from({ length: 20 }, (_, i) => i);
  const y = x.map((v) => (v % 4 === 1 ? 1e9 : 2 * v));
  t.equal(theilSen(x, y).slope, 2);
  t.end();
});

t.test('pairs at the same x are left out, and too few values have no slope', (t) => {
  t.equal(theilSen([1, 1, 2], [5, 7, 8]).slope, 2);
  t.strictSame(theilSen([], []), { slope: 0, intercept: 0, spread: 0, error: 0 });
  t.match(theilSen([3], [9]), { slope: 0, intercept: 9 });
  t.match(theilSen([3, 3], [9, 1]), { slope: 0, spread: 0 });
  t.end();
});

t.test('the error of the slope is that of least squares with the robust spread', (t) => {
  const x = [0, 1, 2, 3];
  const { error, spread } = theilSen(x, [0, 2, 1, 3]);
  t.ok(spread > 0);
  t.equal(error, spread / Math.sqrt(5));
  t.end();
});

t.test('quantiles lie between neighbours in proportion, whatever the order', (t) => {
  t.equal(quantile([4, 1, 3, 2], 0.5), 2.5);
  t.equal(quantile([5, 5, 1, 5], 0), 1);
  t.equal(quantile([7, 9, 8], 1), 9);
  t.equal(quantile([1, 2], 0.25), 1.25);
  t.ok(Number.isNaN(quantile([], 0.5)));
  const many = Array.from({ length: 501 }, (_, i) => (i * 137) % 501);
  for (const share of [0, 0.1, 0.5, 0.98, 1]) t.equal(Math.round(quantile(many, share) * 1e6), share * 500e6);
  t.end();
});
