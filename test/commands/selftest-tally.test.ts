/** The account of a self test, message by message. */
import t from 'tap';
import { SelftestTally } from '../../dist/commands/selftest-tally.js';

const BOX = { label: 'star', corners: [0, 0, 10, 10] as [number, number, number, number] };

function message(seq: number, change: object = {}) {
  return { seq, capturedMs: 1000, objects: [{ ...BOX, confidence: 1 }], truth: [BOX], unsure: [], ...change };
}

t.test('nothing measured gives no figures', async (t) => {
  t.strictSame(new SelftestTally().figures(), {
    precision: null,
    recall: null,
    fps: null,
    latency_ms: { p50: null, p99: null },
    frames: 0,
    objects: { right: 0, wrong: 0, missed: 0 },
    lost: 0,
    unreadable: 0,
  });
});

t.test('every figure is over all messages', async (t) => {
  const tally = new SelftestTally();
  // A run may begin with any number.
  for (let at = 0; at < 20; at += 1) tally.add(message(7 + at), 1010 + at, at * 50_000);
  tally.add(message(27, { truth: [BOX, { ...BOX, label: 'ring' }] }), 1100, 1_000_000);
  tally.add(message(28, { truth: [], capturedMs: 2000 }), 1000, 1_050_000);
  t.strictSame(tally.figures(), {
    precision: 0.9545,
    recall: 0.9545,
    fps: 20,
    latency_ms: { p50: 19, p99: 100 },
    frames: 22,
    objects: { right: 21, wrong: 1, missed: 1 },
    lost: 0,
    unreadable: 0,
  });
});

t.test('a gap counts what is missing in it; a number out of order counts too', async (t) => {
  const lostIn = (...numbers: number[]) => {
    const tally = new SelftestTally();
    for (const seq of numbers) tally.add(message(seq), 1000, 0);
    return tally.figures().lost;
  };
  t.equal(lostIn(3, 4, 5), 0);
  t.equal(lostIn(3, 7), 3);
  t.equal(lostIn(3, 4, 4, 5), 1, 'twice');
  t.equal(lostIn(3, 5, 4, 6), 3, 'swapped');
  t.equal(lostIn(900, 0, 1), 1, 'from the beginning');
});

t.test('messages that cannot be read are counted', async (t) => {
  const tally = new SelftestTally();
  tally.addUnreadable();
  tally.addUnreadable();
  t.match(tally.figures(), { unreadable: 2, frames: 0 });
});

t.test('one message has no rate', async (t) => {
  const tally = new SelftestTally();
  tally.add(message(0), 1005, 5);
  t.match(tally.figures(), { fps: null, latency_ms: { p50: 5, p99: 5 } });
});
