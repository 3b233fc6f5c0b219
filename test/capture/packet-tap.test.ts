import t from 'tap';
import { PACKETS_PER_LOOK, PacketTap } from '../../dist/capture/packet-tap.js';

/** A sink that gives these packets and then its end; it notes how many it may keep. */
function sink(packets: (Buffer | null)[]) {
  const rooms: unknown[] = [];
  return {
    rooms,
    pull: (callback: (bytes: Buffer | null, caps: Record<string, unknown>) => void) => {
      queueMicrotask(() => callback(packets.shift() ?? null, {}));
    },
    set 'max-buffers'(room: unknown) {
      rooms.push(room);
    },
  };
}

const packet = (number: number) => Buffer.from([0x80, 96, number >> 8, number & 0xff, 1, 2]);

t.test('a look gives the numbers of the next packets, all of which it has kept', async (t) => {
  const it = sink(Array.from({ length: 100 }, (_, index) => packet(65_000 + index)));
  const tap = new PacketTap(it);
  const [first, same] = [tap.look(), tap.look()];
  t.equal(first, same, 'one look at a time');
  t.strictSame(
    await first,
    Array.from({ length: PACKETS_PER_LOOK }, (_, index) => 65_000 + index),
  );
  t.equal((await tap.look())[0], 65_000 + PACKETS_PER_LOOK);
  t.strictSame(it.rooms, [2000, 1, 2000, 1]);
});

t.test('a pipeline that is stopped ends it, and what is too short is no packet', async (t) => {
  const it = sink([packet(1), Buffer.from([0x80]), packet(2), null]);
  t.strictSame(await new PacketTap(it).look(), [1, 2]);
  t.strictSame(it.rooms, [2000, 1]);
});
