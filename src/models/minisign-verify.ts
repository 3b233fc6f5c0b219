/**
 * Whether a minisign signature holds: over a digest that was made while the content came, or over content that is
 * small enough to be held. The trusted comment counts only with it.
 */
import { createHash, verify } from 'node:crypto';
import type { PublicKey } from './minisign-key.js';
import type { MinisignSignature } from './minisign-signature.js';

export type SignatureCheck =
  /** `comment` is what the signer says. */
  | { state: 'good'; keyId: string; comment: string }
  /** Made by none of the keys. */
  | { state: 'unknown_key'; keyId: string }
  /** Of the content, or of the comment. */
  | { state: 'bad'; keyId: string; of: 'content' | 'comment' };

/**
 * `message` is what was signed: the BLAKE2b-512 digest (64 bytes) of the content where the signature is `hashed`,
 * the content itself where it is not. Pure.
 */
export function checkSignature(
  signature: MinisignSignature,
  message: Buffer,
  keys: readonly PublicKey[],
): SignatureCheck {
  const { keyId, comment, globalSignature } = signature;
  // An id is eight random bytes; nothing keeps two keys from having the same.
  const candidates = keys.filter(({ id }) => id === keyId);
  if (candidates.length === 0) return { state: 'unknown_key', keyId };
  const signer = candidates.find(({ key }) => verify(null, message, key, signature.signature));
  if (signer === undefined) return { state: 'bad', keyId, of: 'content' };
  const global = Buffer.concat([signature.signature, Buffer.from(comment)]);
  if (!verify(null, global, signer.key, globalSignature)) return { state: 'bad', keyId, of: 'comment' };
  return { state: 'good', keyId, comment };
}

/** The same for content that is at hand. */
export function checkContent(
  signature: MinisignSignature,
  content: Uint8Array,
  keys: readonly PublicKey[],
): SignatureCheck {
  const message = signature.hashed ? createHash('blake2b512').update(content).digest() : Buffer.from(content);
  return checkSignature(signature, message, keys);
}
