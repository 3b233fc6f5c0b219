/** Pieces of a transport stream as a muxer makes them, with pictures of one packet each. */

const PACKET = 188;

/** Ten pictures a second, from `from` seconds on for `seconds`; those whose number is in `keys` need no other. */
export function madeUpPiece(options: { from: number; seconds?: number; keys?: number[] }): Buffer {
  const { from, seconds = 1, keys = [0] } = options;
  const packets: Buffer[] = [];
  for (let number = 0; number < Math.round(seconds * 10); number += 1) {
    if (number % 5 === 0) packets.push(table(0, 0), table(32, 2));
    packets.push(picture(from + number / 10, keys.includes(number)));
  }
  return Buffer.concat(packets);
}

function packet(id: number, start: boolean): Buffer {
  const bytes = Buffer.alloc(PACKET, 0xff);
  bytes.set([0x47, (start ? 0x40 : 0) | (id >> 8), id & 0xff, 0x10]);
  return bytes;
}

function table(id: number, kind: number): Buffer {
  const bytes = packet(id, true);
  bytes.set([0, kind], 4);
  return bytes;
}

function picture(at: number, key: boolean): Buffer {
  const bytes = packet(65, true);
  bytes.set([0x30, 1, key ? 0x40 : 0], 3);
  const time = BigInt(Math.round(at * 90_000)) % 2n ** 33n;
  const part = (shift: bigint, bits: bigint): number => Number((time >> shift) & ((1n << bits) - 1n));
  bytes.set([0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5], 6);
  bytes.set([0x21 | (part(30n, 3n) << 1), part(22n, 8n), 1 | (part(15n, 7n) << 1)], 15);
  bytes.set([part(7n, 8n), 1 | (part(0n, 7n) << 1)], 18);
  return bytes;
}
