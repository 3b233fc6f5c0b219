/** Figures in words. */
import t from 'tap';
import * as figures from '../../dist/commands/figures-text.js';

t.test('times are as exact as anybody wants to know', async (t) => {
  const told = [0, 84.4, 999, 1000, 99_999, 100_000, 5_999_000, 6_000_000, 172_799_000, 273_600_000];
  t.same(told.map(figures.duration), [
    ...['0 ms', '84 ms', '999 ms', '1 s', '99 s', '1 min', '99 min', '1 h 40 min', '47 h 59 min', '3 d 4 h'],
  ]);
  t.same([undefined, Number.NaN, -5].map(figures.duration), ['-', '-', '0 ms']);
  t.same([undefined, -5, 400, 4999].map(figures.age), ['-', '0 s', '0 s', '4 s']);
  t.same([-1, 2400, 41_520, 864_000].map(figures.roughly), ['0 min', '40 min', '12 h', '10 d']);
});

t.test('memory, rates and counts', async (t) => {
  t.same([undefined, 0, 968.9, 9999, 65_432].map(figures.megabytes), [
    '-',
    '0 MB',
    '969 MB',
    '9999 MB',
    '65.4 GB',
  ]);
  t.same([undefined, 62.41, -58.3, 0, -0.04, 1234.5].map(figures.change), [
    ...['-', '+62.4 MB', '-58.3 MB', '+0.0 MB', '0.0 MB', '+1235 MB'],
  ]);
  t.same(
    [figures.tenths(undefined), figures.tenths(9.97), figures.tenths(66, ' °C')],
    ['-', '10.0', '66.0 °C'],
  );
  t.same([undefined, 0, 214, 857_786, 1e9].map(figures.count), ['-', '0', '214', '857 786', '1 000 000 000']);
  t.same([1, 2].map(figures.times), ['once', '2 times']);
});
