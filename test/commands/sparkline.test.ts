/** Figures as a line of blocks. */
import t from 'tap';
import { sparkline } from '../../dist/commands/sparkline.js';

t.test('the least figure is the lowest block, the largest the highest', async (t) => {
  t.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8), '▁▂▃▄▅▆▇█');
  t.equal(sparkline([-5, 5], 8), '▁█');
});

t.test('a gap is a blank, and nothing known is nothing', async (t) => {
  t.equal(sparkline([0, null, 7], 8), '▁ █');
  t.equal(sparkline([null, null], 8), '');
  t.equal(sparkline([], 8), '');
  t.equal(sparkline([1, 2], 0), '');
});

t.test('more figures than room are averaged', async (t) => {
  t.equal(sparkline([0, 2, 4, 6, null, null, 14, 16], 4), '▁▃ █');
  t.equal(
    sparkline(
      Array.from({ length: 1000 }, (_, index) => index),
      30,
    ).length,
    30,
  );
});

t.test('what hardly moves stays in the middle', async (t) => {
  t.match(sparkline([100, 100.1, 100], 8, { least: 10 }), /^[▄▅]{3}$/);
  t.match(sparkline([7, 7, 7], 8), /^(.)\1\1$/);
});
