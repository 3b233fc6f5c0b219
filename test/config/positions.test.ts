/** Lines and columns of keys and values in YAML of every style. */
import { parseEvents } from 'js-yaml';
import t from 'tap';
import { Positions } from '../../dist/config/positions.js';

const read = (text: string) => new Positions(text, parseEvents(text, {}));

t.test('keys and values are found in every style', (t) => {
  const positions = read(
    `a: &x {b: 1}\r\nc: *x\r\nlist: [1, "two"]\nd:\n  e: >\n    folded\n  q:\n  "f": 'x'\n`,
  );
  const places: [(string | number)[], [number, number], [number, number]][] = [
    [['a'], [1, 1], [1, 7]],
    [
      ['a', 'b'],
      [1, 8],
      [1, 11],
    ],
    [['c'], [2, 1], [2, 4]],
    [
      ['list', 1],
      [3, 11],
      [3, 11],
    ],
    [
      ['d', 'e'],
      [5, 3],
      [5, 6],
    ],
    [
      ['d', 'q'],
      [7, 3],
      [7, 3],
    ],
    [
      ['d', 'f'],
      [8, 3],
      [8, 8],
    ],
  ];
  for (const [path, [keyLine, keyColumn], [line, column]] of places) {
    t.strictSame(positions.of(path, 'key'), { line: keyLine, column: keyColumn }, `key ${path.join('.')}`);
    t.strictSame(positions.of(path, 'value'), { line, column }, `value ${path.join('.')}`);
  }
  t.end();
});

t.test('what is not written is placed at the nearest key around it', (t) => {
  const positions = read('a:\n  b: {}\n');
  t.strictSame(positions.of(['a', 'b', 'c', 'd'], 'value'), { line: 2, column: 3 });
  t.strictSame(positions.of(['z'], 'key'), { line: 1, column: 1 });
  t.strictSame(positions.of([], 'value'), { line: 1, column: 1 });
  t.end();
});

t.test('duplicates are noted per mapping', (t) => {
  const positions = read('a: {x: 1, x: 2}\nb: {x: 1}\na: {x: 1}\n');
  t.match(
    positions.duplicates.map(({ offset, finding }) => ({ ...positions.at(offset), path: finding.path })),
    [
      { line: 1, column: 11, path: ['a', 'x'] },
      { line: 3, column: 1, path: ['a'] },
    ],
  );
  t.end();
});

t.test('keys that are no text, and several documents, do no harm', (t) => {
  const positions = read('? [1, 2]\n: x\n1: y\n---\nz: 1\n');
  t.strictSame(positions.of(['1'], 'value'), { line: 3, column: 4 });
  t.strictSame(positions.at(0), { line: 1, column: 1 });
  t.end();
});
