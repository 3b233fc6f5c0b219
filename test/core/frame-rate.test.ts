/** Frame rates as GStreamer writes them. */
import t from 'tap';
import { parseFrameRate } from '../../dist/core/frame-rate.js';

t.test('rates are read exactly', async (t) => {
  t.strictSame(parseFrameRate('25/1'), { numerator: 25, denominator: 1 });
  t.strictSame(parseFrameRate('30000/1001'), { numerator: 30_000, denominator: 1001 });
  t.strictSame(parseFrameRate('1/10'), { numerator: 1, denominator: 10 });
});

t.test('what is no rate is none', async (t) => {
  for (const text of [
    '0/1',
    '25/0',
    '0/0',
    '90000/1',
    '25',
    '-25/1',
    '[ 0/1, 30/1 ]',
    'any',
    '',
    25,
    undefined,
  ])
    t.equal(parseFrameRate(text), undefined, String(text));
});
