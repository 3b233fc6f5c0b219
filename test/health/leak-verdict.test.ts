/** Numbers for people. */
import t from 'tap';
import { inHours, inMegabytes } from '../../dist/health/leak-verdict.js';

t.test('bytes read as megabytes, small ones with a digit more', (t) => {
  t.strictSame([61.4e6, 9.96e6, 1.25e6, -0.01e6, -3e9].map(inMegabytes), [
    '61 MB',
    '10 MB',
    '1.3 MB',
    '0.0 MB',
    '-3000 MB',
  ]);
  t.end();
});

t.test('times read as seconds, minutes, hours or days', (t) => {
  t.strictSame([0, 29e3, 90e3, 40 * 60e3, 90 * 60e3, 47 * 3600e3, 75 * 3600e3].map(inHours), [
    '0 s',
    '29 s',
    '2 min',
    '40 min',
    '1.5 h',
    '47.0 h',
    '3.1 days',
  ]);
  t.end();
});
