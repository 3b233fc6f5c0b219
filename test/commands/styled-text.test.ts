/** Text with a meaning, cut, wrapped and written for what the terminal can do. */
import t from 'tap';
import {
  cut,
  cutLine,
  line,
  lineLength,
  looks,
  rendered,
  span,
  wrapped,
} from '../../dist/commands/styled-text.js';

const plain = { colour: false, unicode: true };

t.test('what does not fit ends with an ellipsis', async (t) => {
  t.equal(cut('abcdef', 6), 'abcdef');
  t.equal(cut('abc def', 5), 'abc…');
  t.equal(cut('abc', 0), '');
  const pieces = line(span('abc', 'bad'), 'defg');
  t.equal(rendered(cutLine(pieces, 5), plain), 'abcd…');
  t.equal(lineLength(cutLine(pieces, 3)), 3);
  t.equal(rendered(cutLine(pieces, 9), plain), 'abcdefg');
});

t.test('words are wrapped, a longer word is cut', async (t) => {
  t.same(wrapped('one two three four', 9), ['one two', 'three', 'four']);
  t.same(wrapped('one two three four', 10, 2), ['one two', '  three', '  four']);
  t.same(wrapped('one two three four', 9, 0, 2), ['one two', 'three fo…']);
  t.same(wrapped('one two three four', 9, 0, 1), ['one two…']);
  t.same(wrapped('a '.repeat(10_000), 9).length, 50);
  t.same(wrapped('abcdefghijkl', 5), ['abcd…']);
  t.same(wrapped('', 5), []);
});

t.test('colours are only for those who want them', async (t) => {
  const pieces = line(span('ok', 'good'), ' ', span('is'));
  t.equal(rendered(pieces, { colour: true, unicode: true }), '\x1b[32mok\x1b[0m is');
  t.equal(rendered(pieces, plain), 'ok is');
  const utf8 = { LANG: 'C.UTF-8' };
  t.same(looks(utf8, true), { colour: true, unicode: true });
  t.same(looks(utf8, false), { colour: false, unicode: true });
  t.equal(looks({ ...utf8, NO_COLOR: '1' }, true).colour, false);
  t.equal(looks({ ...utf8, NO_COLOR: '' }, true).colour, true);
  t.equal(looks({ ...utf8, TERM: 'dumb' }, true).colour, false);
});

t.test('the first locale that is set decides about blocks', async (t) => {
  t.equal(looks({ LC_ALL: 'C', LANG: 'de_DE.utf8' }, true).unicode, false);
  t.equal(looks({ LC_ALL: '', LC_CTYPE: 'en_US.UTF-8', LANG: 'C' }, true).unicode, true);
  t.equal(looks({}, true).unicode, false);
  t.equal(rendered(line('▁▂▃▄▅▆▇█ 66 °C… ü'), { colour: false, unicode: false }), '_.-=+*%# 66 C~ ?');
});

t.test('control characters do not reach the terminal', async (t) => {
  const text = rendered(line('a\u001b[31m\u009b1m\u202e'), plain);
  t.equal(text, 'a\\x1b[31m\\x9b1m\\u202e');
});
