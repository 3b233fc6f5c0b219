/** Looking for a fact in one place after another. */
import t from 'tap';
import { firstOf, known, unknown, within } from '../../dist/device/fact.js';
import { FakeClock } from '../helpers/fake-clock.js';

t.test('the first good place wins, and is named', async (t) => {
  let askedLast = false;
  const fact = await firstOf([
    { name: 'a', look: () => undefined },
    { name: 'b', look: () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOENT' })) },
    { name: 'c', look: () => '  ' },
    { name: 'd', look: () => unknown('d is empty') },
    { name: 'e', look: () => ' 1.2\n' },
    {
      name: 'f',
      look: () => {
        askedLast = true;
        return '3';
      },
    },
  ]);
  t.strictSame(fact, { value: '1.2', source: 'e' });
  t.equal(askedLast, false);
  const none = await firstOf([
    { name: 'a', look: () => undefined },
    { name: 'b', look: () => Promise.reject(Object.assign(new Error('x'), { code: 'EACCES' })) },
    { name: 'd', look: () => unknown('d is empty') },
  ]);
  t.strictSame(none, { value: undefined, source: 'a: does not say; b: not readable; d is empty' });
  t.strictSame(await firstOf([]), { value: undefined, source: 'nowhere to look' });
});

t.test('values are one printable line of bounded length', async (t) => {
  t.equal(known('a\n\tb  c', 'x').value, 'a b c');
  t.equal(known('\x1b[31mred', 'x').value, '\\x1b[31mred');
  t.equal(known('x'.repeat(1e6), 'x').value?.length, 200);
});

t.test('a search that hangs is given up, one that fails is a reason', async (t) => {
  const clock = new FakeClock();
  const hung = within(500, clock, new Promise<string>(() => {}), (reason) => reason);
  clock.advance(500);
  t.equal(await hung, 'no answer in 500 ms');
  t.equal(await within(500, clock, Promise.resolve('here'), (reason) => reason), 'here');
  t.equal(await within(500, clock, Promise.reject(new Error('x')), (reason) => reason), 'not readable');
  t.equal(clock.pending, 0);
});
