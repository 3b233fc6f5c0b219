/** Values of options. */
import t from 'tap';
import { fraction, oneOf, wholeNumber } from '../../dist/commands/arguments.js';

t.test('whole numbers', async (t) => {
  t.equal(wholeNumber('0'), 0);
  t.equal(wholeNumber('42'), 42);
  for (const wrong of ['', '-1', '1.5', '1e3', 'x', '12345678901'])
    t.throws(() => wholeNumber(wrong), /whole number/);
});

t.test('fractions', async (t) => {
  t.equal(fraction('0.25'), 0.25);
  t.equal(fraction('1'), 1);
  for (const wrong of ['', ' ', '-0.1', '1.01', 'NaN', 'half'])
    t.throws(() => fraction(wrong), /from 0 to 1/);
});

t.test('one of several words', async (t) => {
  const parse = oneOf(['auto', 'cpu']);
  t.equal(parse('cpu'), 'cpu');
  t.throws(() => parse('gpu'), /one of auto, cpu/);
});
