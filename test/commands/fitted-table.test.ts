/** Tables in less room than they want. */
import t from 'tap';
import { fittedTable } from '../../dist/commands/fitted-table.js';
import { rendered, span } from '../../dist/commands/styled-text.js';

const columns = [
  { title: 'NAME', spare: 0, least: 6 },
  { title: 'RATE', spare: 1, right: true },
  { title: 'COUNT', spare: 2, right: true },
  { title: 'WORDS', spare: 0 },
];
const rows = [['gate', '10.0', '1', 'all is well'].map((text) => span(text))];

function drawn(width: number, table = { columns, rows }) {
  return fittedTable({ ...table, width }).map((line) => rendered(line, { colour: false, unicode: true }));
}

t.test('with room enough everything is there, numbers at the right', async (t) => {
  t.same(drawn(80), ['NAME  RATE  COUNT  WORDS', 'gate  10.0      1  all is well']);
});

t.test('what can be spared goes first, and the last column is cut at the end', async (t) => {
  t.same(drawn(25), ['NAME  RATE  WORDS', 'gate  10.0  all is well']);
  t.same(drawn(17), ['NAME  WORDS', 'gate  all is well']);
  t.same(drawn(12), ['NAME  WORDS', 'gate  all i…']);
  t.ok(drawn(3).every((text) => text.length <= 6));
});

t.test('long names are cut before columns go', async (t) => {
  const long = [['a-very-long-name', '10.0', '1', 'fine'].map((text) => span(text))];
  t.same(drawn(30, { columns, rows: long })[1], 'a-very-lo…  10.0      1  fine');
});

t.test('a column that stretches takes the room that is left', async (t) => {
  const stretched = (width: number) =>
    fittedTable({
      columns: [
        { title: '', spare: 0 },
        { title: '', spare: 0 },
      ],
      rows: [[span('ab'), (room) => span('#'.repeat(room))]],
      width,
      stretch: { column: 1, least: 3, most: 10 },
    }).map((line) => rendered(line, { colour: false, unicode: true }));
  t.same(stretched(9), ['ab  #####']);
  t.same(stretched(80), ['ab  ##########']);
  t.same(stretched(7), ['ab  ###']);
});
