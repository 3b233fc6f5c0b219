/** The digests that vouch for an archive, in one pass over the file, which may be large, endless or no file at all. */
import { createHash } from 'node:crypto';
import { boundedChunks } from '../base/bounded-file.js';
import { DetectdError, messageOf, systemCode } from '../base/errors.js';

export interface ArchiveDigests {
  /** 64 hexadecimal digits. */
  sha256: string;
  bytes: number;
  /** What a signature is over: the BLAKE2b-512 digest (64 bytes), the content itself, or nothing. */
  message: Buffer;
}

export interface DigestOptions {
  message: 'prehash' | 'content' | 'none';
  /** Larger files are refused. */
  maxBytes: number;
  signal?: AbortSignal | undefined;
  /** Bytes that were read so far. */
  onProgress?: ((bytes: number) => void) | undefined;
}

/** Signatures of the old form are over the content itself, which must be held whole. */
const MAX_CONTENT_BYTES = 64 * 2 ** 20;

/**
 * Throws UPDATE_TOO_LARGE, BUNDLE_NOT_FOUND, MODEL_BAD_SIGNATURE where the content is too large to be held, and the
 * signal's reason.
 */
export async function digestArchive(path: string, options: DigestOptions): Promise<ArchiveDigests> {
  const { message, maxBytes, signal, onProgress } = options;
  const digest = createHash('sha256');
  const prehash = message === 'prehash' ? createHash('blake2b512') : undefined;
  const content: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of boundedChunks(path, maxBytes)) {
      signal?.throwIfAborted();
      bytes += chunk.length;
      digest.update(chunk);
      prehash?.update(chunk);
      if (message === 'content') content.push(chunk);
      if (content.length > 0 && bytes > MAX_CONTENT_BYTES) throw tooLargeToHold();
      onProgress?.(bytes);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw unreadable(path, maxBytes, error);
  }
  return { sha256: digest.digest('hex'), bytes, message: prehash?.digest() ?? Buffer.concat(content) };
}

function tooLargeToHold(): DetectdError {
  return new DetectdError(
    'MODEL_BAD_SIGNATURE',
    `The signature is of minisign's old form, which is taken up to ${MAX_CONTENT_BYTES} bytes only.`,
    'Sign with "detectd models sign", or with minisign -S -H.',
  );
}

function unreadable(path: string, maxBytes: number, error: unknown): DetectdError {
  if (error instanceof DetectdError) return error;
  if (systemCode(error) === 'EFBIG')
    return new DetectdError(
      'UPDATE_TOO_LARGE',
      `The archive ${path} is larger than ${maxBytes} bytes.`,
      'Make a smaller one, or raise "updates.max_model_mb".',
    );
  const reason = systemCode(error) === 'ENOENT' ? 'does not exist' : `cannot be read: ${messageOf(error)}`;
  return new DetectdError(
    'BUNDLE_NOT_FOUND',
    `The archive ${path} ${reason}.`,
    'Check the path and that detectd may read it.',
    { cause: error },
  );
}
