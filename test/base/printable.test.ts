/** What a terminal is allowed to see. */
import t from 'tap';
import { printable, printableJson, printableText } from '../../dist/base/printable.js';

t.test('words of any script pass unchanged', (t) => {
  for (const text of ['person', 'café 3×4 “µ”', '人 車', '🚗', '']) t.equal(printable(text), text);
  t.end();
});

t.test('what would steer a terminal is shown instead of obeyed', (t) => {
  t.equal(printable('\x1b[31mred\x1b[0m'), '\\x1b[31mred\\x1b[0m');
  t.equal(printable('a\x9b2Jb\x07\x7f'), 'a\\x9b2Jb\\x07\\x7f', 'C1 controls too');
  t.equal(printable('a\r\nb\tc\0'), 'a\\x0d\\nb\\x09c\\x00');
  t.equal(printable('gpj\u202e.exe\u2028'), 'gpj\\u202e.exe\\u2028', 'and what turns the writing');
  t.end();
});

t.test('a text of several lines keeps its lines and nothing else', (t) => {
  t.equal(printableText('one\n  two\x1b[2J\r\n'), 'one\n  two\\x1b[2J\\x0d\n');
  t.end();
});

t.test('JSON stays JSON, in one line, with every unsafe character escaped', (t) => {
  const value = { a: 'x\x1b\x9b\u202e\n', 'k\x85': ['人'] };
  const text = printableJson(value);
  t.equal(text, '{"a":"x\\u001b\\u009b\\u202e\\n","k\\u0085":["人"]}');
  t.same(JSON.parse(text), value);
  t.end();
});
