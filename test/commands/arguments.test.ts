/** Values of options. */
import t from 'tap';
import { fraction, listOf, oneOf, seconds, wholeNumber } from '../../dist/commands/arguments.js';

t.test('whole numbers', async (t) => {
  const parse = wholeNumber(1, 64);
  t.equal(parse('1'), 1);
  t.equal(parse('64'), 64);
  for (const wrong of ['', '-1', '0', '65', '1.5', '1e3', 'x', '12345678901', '0x10', ' 3'])
    t.throws(() => parse(wrong), /whole number from 1 to 64/);
});

t.test('fractions', async (t) => {
  t.equal(fraction('0.25'), 0.25);
  t.equal(fraction('.5'), 0.5);
  t.equal(fraction('0'), 0);
  t.equal(fraction('1'), 1);
  for (const wrong of ['', ' ', '-0.1', '1.01', 'NaN', 'Infinity', '0x1', '1e-1', 'half'])
    t.throws(() => fraction(wrong), /from 0 to 1/);
});

t.test('one of several words', async (t) => {
  const parse = oneOf(['auto', 'cpu']);
  t.equal(parse('cpu'), 'cpu');
  t.throws(() => parse('gpu'), /one of auto, cpu/);
});

t.test('lists', async (t) => {
  const parse = listOf(wholeNumber(0, 64));
  t.strictSame(parse('1'), [1]);
  t.strictSame(parse('4, 1,4'), [4, 1], 'in their order, and each once');
  for (const wrong of ['', '1,', ',', '1;2', '1,x', '1,65']) t.throws(() => parse(wrong), /whole number/);
  t.throws(() => parse(new Array(17).fill('1').join(',')), /list of 16/);
});

t.test('seconds', async (t) => {
  const parse = seconds(0.1, 3600);
  t.same(['0.1', '2', '3600'].map(parse), [0.1, 2, 3600]);
  for (const wrong of ['', '0', '-1', '0.05', '3601', '1e3', '.5', 'often'])
    t.throws(() => parse(wrong), /a number from 0\.1 to 3600/);
});
