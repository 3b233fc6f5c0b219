import t from 'tap';
import { LineSplitter } from '../../dist/base/line-splitter.js';

function lines(pieces: (string | Buffer)[], maxLength = 100): string[] {
  const found: string[] = [];
  const splitter = new LineSplitter(maxLength, (line) => found.push(line));
  for (const piece of pieces) splitter.push(Buffer.from(piece));
  splitter.end();
  return found;
}

t.test('lines are whole, however the pieces are cut', async (t) => {
  t.same(lines(['one\ntw', 'o\r\n', '\nth', 'ree']), ['one', 'two', '', 'three']);
  t.same(lines(['one\n']), ['one']);
  t.same(lines([]), []);
});

t.test('a character that is cut between pieces stays whole', async (t) => {
  const bytes = Buffer.from('grün\n');
  t.same(lines([bytes.subarray(0, 3), bytes.subarray(3)]), ['grün']);
});

t.test('a line without an end is cut, and the next one is not lost', async (t) => {
  t.same(lines(['x'.repeat(30), 'x'.repeat(30), '\nnext\n', `${'y'.repeat(50)}\n`], 10), [
    'x'.repeat(10),
    'next',
    'y'.repeat(10),
  ]);
});
