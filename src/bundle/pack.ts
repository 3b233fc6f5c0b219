/**
 * Writes a bundle archive that depends on nothing but the names and contents of its files: no times, owners or
 * permissions, entries by name. What it writes, archive.ts unpacks.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Header, Pack, ReadEntry } from 'tar';
import { DetectdError } from '../base/errors.js';

export interface PackedFile {
  /** Within the archive, with slashes. */
  path: string;
  bytes: number;
  /** A file to read, or the content itself. */
  from: string | Buffer;
}

/**
 * Writes the files, in the given order, to `target`, which must not exist. Returns size and digest of the
 * archive. Throws BUNDLE_ARCHIVE for a file that changes meanwhile, and the system's errors.
 */
export async function packFiles(
  files: readonly PackedFile[],
  target: string,
): Promise<{ bytes: number; digest: string }> {
  const file = await open(target, 'wx', 0o644);
  const pack = new Pack({ portable: true, strict: true, gzip: { level: 6 } });
  const hash = createHash('sha256');
  let bytes = 0;
  const broken = new AbortController();
  const written = pipeline(
    pack as unknown as NodeJS.ReadableStream,
    new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        hash.update(chunk);
        bytes += chunk.length;
        done(null, chunk);
      },
    }),
    file.createWriteStream({ flush: true }),
  );
  written.catch((error: unknown) => broken.abort(error));
  try {
    await addAll(pack, files, broken.signal);
  } catch (error) {
    if (!broken.signal.aborted) pack.emit('error', error);
  }
  await written;
  return { bytes, digest: `sha256:${hash.digest('hex')}` };
}

async function addAll(pack: Pack, files: readonly PackedFile[], signal: AbortSignal): Promise<void> {
  for (const { path, bytes, from } of files) {
    const header = new Header({ path, size: bytes, mode: 0o644, mtime: new Date(0), type: 'File' });
    const entry = new ReadEntry(header);
    pack.add(entry);
    let seen = 0;
    for await (const chunk of typeof from === 'string' ? createReadStream(from) : [from]) {
      signal.throwIfAborted();
      seen += chunk.length;
      if (seen > bytes) throw changed(path);
      if (!entry.write(chunk as Buffer)) await once(entry, 'drain', { signal });
    }
    if (seen < bytes) throw changed(path);
    entry.end();
  }
  pack.end();
}

function changed(path: string): DetectdError {
  return new DetectdError(
    'BUNDLE_ARCHIVE',
    `${path} changed while it was packed.`,
    'Wait until whatever writes it is done, and pack again.',
  );
}
