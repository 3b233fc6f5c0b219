import t from 'tap';
import { lossNote, PacketLoss } from '../../dist/capture/packet-loss.js';

/** Numbers from `first` on, of which those are left out that `lost` names by their place. */
const numbers = (first: number, count: number, lost: (place: number) => boolean = () => false): number[] =>
  Array.from({ length: count }, (_, place) => place)
    .filter((place) => !lost(place))
    .map((place) => (first + place) % 0x1_0000);
const third = (place: number) => place % 3 === 1;

t.test('a stream without gaps has nothing to tell, across the end of the numbers too', (t) => {
  const loss = new PacketLoss();
  for (const first of [0, 500, 65_530, 12]) t.notOk(loss.take(numbers(first, 24)));
  t.equal(loss.share, undefined);
  t.end();
});

t.test('loss is told after two looks, and once', (t) => {
  const loss = new PacketLoss();
  t.notOk(loss.take(numbers(65_520, 36, third)), 'one look is a moment');
  t.ok(loss.take(numbers(200, 36, third)));
  t.ok(Math.abs((loss.share ?? 0) - 1 / 3) < 0.03, `${loss.share}`);
  for (let look = 0; look < 10; look += 1) t.notOk(loss.take(numbers(300, 36, third)));
  t.end();
});

t.test('one gap alone is not told, however wide, nor are single packets now and then', (t) => {
  const loss = new PacketLoss();
  for (let look = 0; look < 20; look += 1) {
    t.notOk(
      loss.take(numbers(look * 100, 36, look % 2 === 0 ? (place) => place > 3 && place < 20 : undefined)),
    );
  }
  const rare = new PacketLoss();
  for (let look = 0; look < 20; look += 1) t.notOk(rare.take(numbers(0, 36, (place) => place === 9)));
  t.end();
});

t.test('it is over after looks without a gap, and told when it becomes much worse', (t) => {
  const loss = new PacketLoss();
  const tenth = (place: number) => place % 10 === 5;
  for (let look = 0; look < 2; look += 1) loss.take(numbers(0, 30, tenth));
  t.ok((loss.share ?? 0) < 0.15);
  loss.take(numbers(0, 36, third));
  t.ok(loss.take(numbers(0, 36, third)), 'worse');
  t.ok((loss.share ?? 0) > 0.25);
  const ends = Array.from({ length: 6 }, () => loss.take(numbers(0, 24)));
  t.strictSame(ends.filter(Boolean).length, 1);
  t.equal(loss.share, undefined);
  t.end();
});

t.test('nothing, one packet, the same twice and old ones that come late are no loss', (t) => {
  const loss = new PacketLoss();
  for (const seen of [[], [7], [7, 7, 7], [9, 8, 10], [65_535, 0, 65_534, 1]])
    for (let look = 0; look < 3; look += 1) loss.take(seen);
  t.equal(loss.share, undefined);
  t.end();
});

t.test('people are told in steps of five per cent', (t) => {
  t.match(lossNote(0.31), /^About 30 % of its packets are lost on the way/);
  t.match(lossNote(0.051), /^About 5 %/);
  t.match(lossNote(1 / 50), /^About 5 %/);
  t.end();
});
