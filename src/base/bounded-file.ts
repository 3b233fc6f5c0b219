/**
 * Reads a file that someone else wrote: only a regular file, never more than a limit, so that a device
 * node, a pipe or a file of gigabytes cannot hang or fill the process.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

const MOST_PIECE_BYTES = 65_536;

/** Thrown with `code`: EFBIG beyond the limit, ENOTREG for what is no regular file; others are the system's. */
export class BoundedFileError extends Error {
  readonly code: 'EFBIG' | 'ENOTREG';

  constructor(code: 'EFBIG' | 'ENOTREG', message: string) {
    super(message);
    this.name = 'BoundedFileError';
    this.code = code;
  }
}

/** The whole content of a regular file of at most `maxBytes`. */
export async function readBoundedFile(path: string, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of boundedChunks(path, maxBytes)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The content of a regular file of at most `maxBytes`, piece by piece, so that a large one is never held whole. */
export async function* boundedChunks(path: string, maxBytes: number): AsyncGenerator<Buffer, void> {
  // O_NONBLOCK: opening a pipe that nobody writes to would otherwise never return.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw new BoundedFileError('ENOTREG', 'not a regular file');
    // Files of /sys are small and read by the dozen; those of /proc say that they are empty.
    const pieceBytes = facts.size > 0 ? Math.min(facts.size + 1, MOST_PIECE_BYTES) : MOST_PIECE_BYTES;
    let total = 0;
    for (;;) {
      const { bytesRead, buffer } = await file.read({ buffer: Buffer.allocUnsafe(pieceBytes) });
      if (bytesRead === 0) return;
      total += bytesRead;
      if (total > maxBytes) throw new BoundedFileError('EFBIG', `larger than ${maxBytes} bytes`);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
