/** Ranges of lost messages. */
import t from 'tap';
import { LossBook } from '../../../dist/publish/outbox/loss-book.js';

const message = (seq: number, stream = 'events', bootId = 'b1') => ({ stream, bootId, seq });
const ranges = (book: LossBook) =>
  [...book.entries()].map(([, { stream, from_seq, to_seq, cause, count }]) => [
    ...[stream, from_seq, to_seq, cause, count],
  ]);

t.test(
  'neighbours become one range, in either direction; streams, boots and causes stay apart',
  async (t) => {
    const book = new LossBook();
    for (const seq of [3, 4, 5, 2, 9]) book.add(message(seq), 'overflow');
    book.add(message(6), 'age');
    book.add(message(6, 'cameras/a/events'), 'overflow');
    book.add(message(6, 'events', 'b2'), 'overflow');
    t.same(ranges(book), [
      ['events', 2, 5, 'overflow', 4],
      ['events', 9, 9, 'overflow', 1],
      ['events', 6, 6, 'age', 1],
      ['cameras/a/events', 6, 6, 'overflow', 1],
      ['events', 6, 6, 'overflow', 1],
    ]);
  },
);

t.test('too many ranges become fewer that say how many they hold', async (t) => {
  const book = new LossBook(8);
  for (let seq = 0; seq < 200; seq += 2) book.add(message(seq), 'overflow');
  t.equal(book.size, 8);
  const all = [...book.entries()].map(([, loss]) => loss);
  t.equal(
    all.reduce((sum, { count }) => sum + (count ?? 0), 0),
    100,
    'none is forgotten',
  );
  t.match(all[0], { from_seq: 0, to_seq: 184, count: 93 });
});

t.test('some of a range stay some, whatever comes to it', async (t) => {
  const book = new LossBook();
  const range = { stream: 'events', boot_id: 'b1', from_seq: 3 };
  book.addSome({ ...range, to_seq: 8 }, 'corrupt');
  book.addSome({ ...range, to_seq: 12 }, 'corrupt');
  t.same(ranges(book), [['events', 3, 12, 'corrupt', null]]);
});

t.test('what nobody knows the number of is one range for each cause', async (t) => {
  const book = new LossBook();
  book.addUnknown('corrupt', 1);
  book.addUnknown('corrupt', 4);
  t.same(ranges(book), [[null, null, null, 'corrupt', 5]]);
  book.addUnknown('corrupt', null);
  t.same(ranges(book), [[null, null, null, 'corrupt', null]]);
});

t.test('changes are told once, and what was taken no more', async (t) => {
  const book = new LossBook();
  book.add(message(1), 'age');
  book.add(message(5), 'age');
  t.same(
    book.takeChanges().map(([id, loss]) => [id, loss?.from_seq]),
    [
      [0, 1],
      [1, 5],
    ],
  );
  t.same(book.takeChanges(), []);
  book.add(message(6), 'age');
  t.same(
    book.take(1).map(([id]) => id),
    [0],
  );
  t.match(book.takeChanges(), [[1, { to_seq: 6 }]]);
  t.equal(book.size, 1);
  book.markAll();
  t.equal(book.takeChanges().length, 1);
});

t.test('ranges of an earlier run are taken over', async (t) => {
  const book = new LossBook();
  book.add(message(3), 'age');
  book.restore({ stream: 'events', boot_id: 'b1', from_seq: 1, to_seq: 2, cause: 'age', count: 2 });
  t.same(ranges(book), [['events', 1, 3, 'age', 3]]);
});
