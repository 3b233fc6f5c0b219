/** Packet boundaries in any split, and the packets that are too large. */
import t from 'tap';
import { PacketSizeGuard } from '../../dist/publish/packet-size-guard.js';

const pingreq = [0xc0, 0x00];

function publish(bodyBytes: number): number[] {
  const length: number[] = [];
  let rest = bodyBytes;
  do {
    length.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return [0x30, ...length, ...new Array<number>(bodyBytes).fill(0xff)];
}

t.test('packets within the limit pass, in one piece and byte by byte', async (t) => {
  const stream = [...pingreq, ...publish(5), ...publish(0), ...publish(300), ...pingreq, ...publish(1000)];
  t.ok(new PacketSizeGuard(1000).accept(Uint8Array.from(stream)));
  const guard = new PacketSizeGuard(1000);
  t.ok(stream.every((byte) => guard.accept(Uint8Array.of(byte))));
});

t.test('a packet over the limit is refused at its header, before its body', async (t) => {
  const header = publish(1001).slice(0, 3);
  t.notOk(new PacketSizeGuard(1000).accept(Uint8Array.from(header)));
  const guard = new PacketSizeGuard(1000);
  t.ok(guard.accept(Uint8Array.from([...publish(1000), ...header.slice(0, 2)])));
  t.notOk(guard.accept(Uint8Array.from(header.slice(2))));
});

t.test('a length that never ends is refused', async (t) => {
  t.notOk(new PacketSizeGuard(1000).accept(Uint8Array.of(0x30, 0x80, 0x80, 0x80, 0x80)));
  t.notOk(new PacketSizeGuard(2 ** 28).accept(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0xff)));
});
