/**
 * BLAKE2b of any length over short messages: minisign guards its secret keys with 32 bytes of it, and Node offers
 * 64 only, which is another function and not a longer one.
 */

const MASK = (1n << 64n) - 1n;
const BLOCK_BYTES = 128;
const IV = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
] as const;
/** RFC 7693, 2.7, a hexadecimal digit per index. The last two rounds repeat the first two. */
const SIGMA = [
  '0123456789abcdef',
  'ea489fd61c02b753',
  'b8c052fdae367194',
  '7931dcbe265a40f8',
  '905724afe1bc683d',
  '2c6a0b834d75fe19',
  'c51fed4a0763928b',
  'db7ec13950f4862a',
  '6fe9b308c2d714a5',
  'a2847615fb9e3cd0',
].map((row) => [...row].map((digit) => Number.parseInt(digit, 16)));
const ROUNDS = 12;
/** Columns, then diagonals. */
const LANES = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const;

/** `length`: 1 to 64 bytes. Slow: for kilobytes, not for files. Pure. */
export function blake2b(message: Uint8Array, length: number): Buffer {
  const state: bigint[] = [...IV];
  state[0] = (state[0] as bigint) ^ 0x01010000n ^ BigInt(length);
  const blocks = Math.max(1, Math.ceil(message.length / BLOCK_BYTES));
  for (let at = 0; at < blocks; at += 1) {
    const block = Buffer.alloc(BLOCK_BYTES);
    block.set(message.subarray(at * BLOCK_BYTES, (at + 1) * BLOCK_BYTES));
    const last = at === blocks - 1;
    compress(state, block, last ? message.length : (at + 1) * BLOCK_BYTES, last);
  }
  const digest = Buffer.alloc(BLOCK_BYTES / 2);
  state.forEach((word, at) => {
    digest.writeBigUInt64LE(word, at * 8);
  });
  return digest.subarray(0, length);
}

function compress(state: bigint[], block: Buffer, counted: number, last: boolean): void {
  const words = Array.from({ length: 16 }, (_, at) => block.readBigUInt64LE(at * 8));
  const v: bigint[] = [...state, ...IV];
  v[12] = (v[12] as bigint) ^ BigInt(counted);
  if (last) v[14] = (v[14] as bigint) ^ MASK;
  for (let round = 0; round < ROUNDS; round += 1) {
    const order = SIGMA[round % SIGMA.length] as number[];
    LANES.forEach((lane, at) => {
      mix(v, lane, words[order[2 * at] as number] as bigint, words[order[2 * at + 1] as number] as bigint);
    });
  }
  for (let at = 0; at < 8; at += 1)
    state[at] = (state[at] as bigint) ^ (v[at] as bigint) ^ (v[at + 8] as bigint);
}

function mix(v: bigint[], [a, b, c, d]: (typeof LANES)[number], x: bigint, y: bigint): void {
  const at = (index: number): bigint => v[index] as bigint;
  v[a] = (at(a) + at(b) + x) & MASK;
  v[d] = rotated(at(d) ^ at(a), 32n);
  v[c] = (at(c) + at(d)) & MASK;
  v[b] = rotated(at(b) ^ at(c), 24n);
  v[a] = (at(a) + at(b) + y) & MASK;
  v[d] = rotated(at(d) ^ at(a), 16n);
  v[c] = (at(c) + at(d)) & MASK;
  v[b] = rotated(at(b) ^ at(c), 63n);
}

function rotated(word: bigint, by: bigint): bigint {
  return ((word >> by) | (word << (64n - by))) & MASK;
}
