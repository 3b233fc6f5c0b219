/** Figures of many times. */
import t from 'tap';
import { stageTimes } from '../../dist/commands/stage-times.js';

t.test('one time is all of its figures', async (t) => {
  t.strictSame(stageTimes([7.12345]), { min: 7.123, median: 7.123, p90: 7.123, p99: 7.123, mean: 7.123 });
});

t.test('quantiles lie between the times in order, however they came', async (t) => {
  const times = Array.from({ length: 101 }, (_, index) => (index * 37) % 101);
  t.strictSame(stageTimes(times), { min: 0, median: 50, p90: 90, p99: 99, mean: 50 });
  t.strictSame(stageTimes([4, 1, 2, 3]), { min: 1, median: 2.5, p90: 3.7, p99: 3.97, mean: 2.5 });
});
