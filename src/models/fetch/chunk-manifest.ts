/**
 * An archive in pieces on a broker: `<topic>/manifest` says what it is, `<topic>/chunk/<n>` is the n-th piece, from 0; all
 * retained. Written by `detectd models send`.
 */
import { z } from 'zod';
import { FetchFault } from './fetch-fault.js';

/** Every broker and client here takes a message of that size. */
export const MAX_CHUNK_BYTES = 1 << 20;
export const MIN_CHUNK_BYTES = 1024;
export const MAX_MANIFEST_BYTES = 1 << 18;
/** With more of them their digests would fill the manifest. */
export const MOST_CHUNK_DIGESTS = 2048;

const digest = z.string().regex(/^[0-9a-f]{64}$/);

const chunkManifest = z.object({
  schema: z.literal(1),
  /** Of the archive, in bytes. */
  size: z
    .number()
    .int()
    .min(1)
    .max(2 ** 40),
  sha256: digest,
  chunk_bytes: z.number().int().min(MIN_CHUNK_BYTES).max(MAX_CHUNK_BYTES),
  chunks: z.number().int().min(1),
  /** Text of the signature file. */
  minisig: z.string().max(4096).optional(),
  /** Of each chunk, so that a wrong one is known at once. */
  chunk_sha256: z.array(digest).max(MOST_CHUNK_DIGESTS).optional(),
});

export type ChunkManifest = z.infer<typeof chunkManifest>;

export function manifestTopic(topic: string): string {
  return `${topic}/manifest`;
}

export function chunkTopic(topic: string, index: number): string {
  return `${topic}/chunk/${index}`;
}

/** Bytes of the chunk `index`: only the last one may be shorter. */
export function chunkSize({ size, chunk_bytes, chunks }: ChunkManifest, index: number): number {
  return index === chunks - 1 ? size - (chunks - 1) * chunk_bytes : chunk_bytes;
}

/** Throws UPDATE_FETCH where the message is no manifest. */
export function parseChunkManifest(payload: Uint8Array, topic: string): ChunkManifest {
  const refused = (why: string): FetchFault =>
    new FetchFault(
      'UPDATE_FETCH',
      'later',
      `The message on ${manifestTopic(topic)} is no manifest: ${why}.`,
      {
        hint: 'Send the archive again with "detectd models send".',
      },
    );
  if (payload.length > MAX_MANIFEST_BYTES) throw refused(`it has more than ${MAX_MANIFEST_BYTES} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    throw refused('it is no JSON');
  }
  const { success, data, error } = chunkManifest.safeParse(value);
  if (!success) throw refused(`"${error.issues[0]?.path.join('.')}": ${error.issues[0]?.message}`);
  if (data.chunks !== Math.ceil(data.size / data.chunk_bytes))
    throw refused('its numbers do not fit together');
  if (data.chunk_sha256 !== undefined && data.chunk_sha256.length !== data.chunks)
    throw refused('it has not one digest for each chunk');
  return data;
}
