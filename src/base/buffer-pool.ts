/**
 * Keeps Node's pool for small buffers in small pieces. A buffer of two bytes that is kept keeps the whole piece, and
 * libraries do that: mqtt-packet keeps one for each length that a packet which it writes ever had.
 */

/** Buffers of less than half of it share it. */
const PIECE_BYTES = 512;

/** What is allocated from now on comes from small pieces, but for the one that is begun. */
export function limitBufferPool(): void {
  Buffer.poolSize = PIECE_BYTES;
}
