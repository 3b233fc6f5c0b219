/** Fields of messages that may hold anything. */
import t from 'tap';
import { Fields, textOf } from '../../dist/commands/checked-fields.js';

t.test('a field is what it has to be, or unknown', async (t) => {
  const fields = new Fields({ a: 'text', n: 7, d: '2026-11-22T08:21:04.512Z', o: { x: 1 }, l: [1, 'b'] });
  t.equal(fields.text('a'), 'text');
  t.equal(fields.number('n'), 7);
  t.equal(fields.date('d'), Date.UTC(2026, 10, 22, 8, 21, 4, 512));
  t.equal(fields.within('o').number('x'), 1);
  t.same(fields.list('l'), [1, 'b']);
  for (const name of ['n', 'o', 'l', 'none']) t.equal(fields.text(name), undefined, name);
  for (const name of ['a', 'o', 'none']) t.equal(fields.number(name), undefined, name);
  for (const name of ['a', 'n', 'none']) t.equal(fields.date(name), undefined, name);
  t.same(fields.within('l').entries(), []);
  t.same(fields.list('o'), []);
  t.equal(new Fields({ n: Number.NaN }).number('n'), undefined);
});

t.test('what is inherited is no field', async (t) => {
  t.equal(new Fields({}).has('constructor'), false);
  t.equal(new Fields(JSON.parse('{"__proto__":{"a":1}}')).within('__proto__').number('a'), 1);
  for (const value of [null, undefined, 7, 'x', [1]]) t.same(new Fields(value).entries(), []);
});

t.test('text is harmless and short, lists and records are bounded', async (t) => {
  t.equal(textOf('a\u001bb'), 'a\\x1bb');
  t.equal(textOf('x'.repeat(9999))?.length, 500);
  t.equal(new Fields({ l: new Array(5000).fill(1) }).list('l').length, 1024);
  const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`n${index}`, 1]));
  t.equal(new Fields(many).entries().length, 1024);
  t.same(new Fields({ 'a\n': 1 }).entries(), [['a\\n', 1]]);
});

t.test('figures keep their gaps, and are not there where nothing is known', async (t) => {
  const fields = new Fields({ f: [1, null, 'x', 2], none: [null, {}], no: 7 });
  t.same(fields.figures('f'), [1, null, null, 2]);
  t.equal(fields.figures('none'), undefined);
  t.equal(fields.figures('no'), undefined);
  t.equal(new Fields({ f: new Array(5000).fill(1) }).figures('f')?.length, 1024);
});
