/** Where a piece of a transport stream can begin, what it needs for that, and how long it is; torn and foreign bytes. */
import t from 'tap';
import { PACKET_BYTES, scanStream, secondsBetween } from '../../dist/recording/transport-stream.js';
import { madeUpPiece } from '../helpers/made-up-stream.js';

t.test('a piece tells its times, its pictures and where a decoder can begin', (t) => {
  const piece = madeUpPiece({ from: 3600, keys: [4, 8] });
  const facts = scanStream(piece);
  t.equal(facts.length, piece.length);
  t.match(facts, { pictures: 10, picturesFromKey: 6, firstTime: 3600 * 90_000, lastTime: 3600.9 * 90_000 });
  t.equal(facts.keyTime, 3600.4 * 90_000);
  t.equal(facts.keyAt, (2 + 4) * PACKET_BYTES, 'behind two tables and four pictures');
  t.strictSame(
    Buffer.from(facts.tables),
    piece.subarray(0, 2 * PACKET_BYTES),
    'the tables before it go with it',
  );
  t.end();
});

t.test('a piece without such a picture says so', (t) => {
  t.match(scanStream(madeUpPiece({ from: 5, keys: [] })), {
    keyAt: undefined,
    picturesFromKey: 0,
    pictures: 10,
  });
  t.end();
});

t.test('a torn end, and what is no stream at all, is left out', (t) => {
  const piece = madeUpPiece({ from: 5 });
  t.equal(scanStream(piece.subarray(0, piece.length - 40)).length, piece.length - PACKET_BYTES);
  const damaged = Buffer.concat([piece, Buffer.alloc(PACKET_BYTES), piece]);
  t.equal(scanStream(damaged).length, piece.length, 'up to the damage');
  for (const foreign of [Buffer.alloc(0), Buffer.from('no stream'), Buffer.alloc(1000, 0xff)]) {
    t.match(scanStream(foreign), { length: 0, keyAt: undefined, pictures: 0 });
  }
  const hostile = Buffer.alloc(PACKET_BYTES, 0xff);
  hostile.set([0x47, 0x40, 65, 0x30, 255]);
  t.match(scanStream(hostile), { length: PACKET_BYTES, pictures: 0 }, 'a length beyond the packet');
  t.end();
});

t.test('times go on where their numbers begin anew', (t) => {
  const end = 2 ** 33 / 90_000;
  const facts = scanStream(madeUpPiece({ from: end - 0.5 }));
  const [first, last] = [facts.firstTime as number, facts.lastTime as number];
  t.ok(last < first);
  t.equal(Math.round(secondsBetween(first, last) * 10), 9);
  t.equal(Math.round(secondsBetween(last, first) * 10), -9);
  t.end();
});
