/**
 * Whether bytes from a broker are CBOR that says no more than JSON could: maps with text keys, arrays, text, numbers,
 * true, false, null, all of known length. Tags can make an ordinary decoder build what was never sent, many times over.
 */

const MAX_DEPTH = 64;

/** Major types of CBOR. */
const UNSIGNED = 0;
const NEGATIVE = 1;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const SIMPLE = 7;
/** false, true, null; floats of 16, 32 and 64 bits. */
const SIMPLE_BYTES: Record<number, number> = { 20: 0, 21: 0, 22: 0, 25: 2, 26: 4, 27: 8 };

/** Whether `bytes` hold exactly one such value. */
export function isPlainCbor(bytes: Uint8Array): boolean {
  return valueEnd(bytes, 0, 0) === bytes.length;
}

/** Where the value at `at` ends; beyond the end of the bytes where it is not allowed or cut off. */
function valueEnd(bytes: Uint8Array, at: number, depth: number): number {
  const bad = bytes.length + 1;
  const first = bytes[at];
  if (first === undefined || depth > MAX_DEPTH) return bad;
  const [major, info] = [first >> 5, first & 0x1f];
  if (major === SIMPLE) return at + 1 + (SIMPLE_BYTES[info] ?? bad);
  const width = info < 24 ? 0 : info < 28 ? 2 ** (info - 24) : bad;
  let next = at + 1 + width;
  if (next > bytes.length) return bad;
  let count = width === 0 ? info : 0;
  for (const byte of bytes.subarray(at + 1, next)) count = count * 256 + byte;
  if (count > Number.MAX_SAFE_INTEGER) return bad;
  if (major === UNSIGNED || major === NEGATIVE) return next;
  if (major === TEXT) return next + count;
  if (major !== ARRAY && major !== MAP) return bad;
  for (let left = count; left > 0; left -= 1) {
    if (major === MAP && (bytes[next] ?? 0) >> 5 !== TEXT) return bad;
    if (major === MAP) next = valueEnd(bytes, next, depth + 1);
    next = valueEnd(bytes, next, depth + 1);
    if (next > bytes.length) return bad;
  }
  return next;
}
