/** Messages of one turn of the loop as one piece. */
import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { OutgoingBytes } from '../../dist/publish/outgoing-bytes.js';
import { PacketMold } from '../../dist/publish/packet-mold.js';

const mold = (topic: string, qos: 0 | 1 = 0) =>
  new PacketMold({ version: '3.1.1', topic, send: { qos, retain: false } });

function rig() {
  const pieces: string[] = [];
  const outgoing = new OutgoingBytes((piece) => void pieces.push(piece.toString('latin1')));
  return { pieces, outgoing };
}

const A = '\x30\x05\0\x01ahi';
const B = '\x32\x06\0\x01b\x01\x02\xff';

t.test('what is sent in one turn is one piece, in its order', async (t) => {
  const { pieces, outgoing } = rig();
  outgoing.add(mold('a'), 'hi');
  outgoing.add(mold('b', 1), Buffer.from([255]), 0x102);
  t.equal(outgoing.bytes, A.length + B.length);
  t.same(pieces, []);
  await setImmediate();
  t.same(pieces, [A + B]);
  t.equal(outgoing.bytes, 0);
  outgoing.add(mold('a'), 'hi');
  await setImmediate();
  t.same(pieces, [A + B, A]);
});

t.test('what must be out before something else is written at once, and only once', async (t) => {
  const { pieces, outgoing } = rig();
  outgoing.add(mold('a'), 'hi');
  outgoing.flush();
  t.same(pieces, [A]);
  outgoing.flush();
  await setImmediate();
  t.same(pieces, [A]);
});

t.test('much of it does not wait for the end of the turn', async (t) => {
  const { pieces, outgoing } = rig();
  outgoing.add(mold('a'), 'x'.repeat(200_000));
  t.equal(pieces.length, 0);
  outgoing.add(mold('a'), 'ü'.repeat(100_000));
  t.same(
    pieces.map(({ length }) => length),
    [400_014],
  );
  t.equal(outgoing.bytes, 0);
});

t.test('what nobody takes any more is not written', async (t) => {
  const { pieces, outgoing } = rig();
  outgoing.add(mold('a'), 'hi');
  outgoing.clear();
  await setImmediate();
  t.same([pieces, outgoing.bytes], [[], 0]);
});
