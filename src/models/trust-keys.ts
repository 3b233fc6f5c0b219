/**
 * The public keys of `updates.keys`. One that cannot be read takes nothing from the others: while keys are changed
 * there are several, and a .pub file that is missing must not stop models that another one has signed.
 */
import { readBoundedFile } from '../base/bounded-file.js';
import { DetectdError, messageOf, systemCode } from '../base/errors.js';
import { MAX_PUBLIC_KEY_BYTES, type PublicKey, parsePublicKey } from './minisign-key.js';

export interface ConfiguredKey {
  /** As configured: `RW…`, or the absolute path of a .pub file. */
  entry: string;
  key: PublicKey | undefined;
  /** KEY_INVALID; undefined for a key that can be read. */
  problem: DetectdError | undefined;
}

/** A key itself, whole or mistyped; names of files that look like that have an ending. */
const BARE = /^RW[A-Za-z0-9+/=]{40,80}$/;

/** Each entry with its key, in their order. Never throws. */
export async function readTrustedKeys(entries: readonly string[]): Promise<ConfiguredKey[]> {
  return Promise.all(
    entries.map(async (entry) => {
      try {
        return { entry, key: await readPublicKey(entry), problem: undefined };
      } catch (error) {
        return { entry, key: undefined, problem: DetectdError.from(error) };
      }
    }),
  );
}

/** `RW…` or the path of a .pub file. Throws KEY_INVALID. */
export async function readPublicKey(entry: string): Promise<PublicKey> {
  if (BARE.test(entry)) return parsePublicKey(entry, entry);
  let text: string;
  try {
    text = (await readBoundedFile(entry, MAX_PUBLIC_KEY_BYTES)).toString('utf8');
  } catch (error) {
    const missing = systemCode(error) === 'ENOENT';
    throw new DetectdError(
      'KEY_INVALID',
      `The public key ${entry} ${missing ? 'does not exist' : `cannot be read: ${messageOf(error)}`}.`,
      'Give the line that starts with RW, or the path of a .pub file that detectd may read.',
      { cause: error },
    );
  }
  return parsePublicKey(text, entry);
}
