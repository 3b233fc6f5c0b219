/** Makes minisign signatures, in the form that is made today: over the BLAKE2b-512 digest of the content. */
import { sign } from 'node:crypto';
import type { SecretKey } from './minisign-secret-key.js';
import { type MinisignSignature, signatureFile } from './minisign-signature.js';

const UNTRUSTED_COMMENT = 'signature from minisign secret key';

/** The content of a .minisig file. `prehash`: 64 bytes of BLAKE2b-512; `comment`: one line. Pure. */
export function signPrehash(prehash: Buffer, comment: string, { key, publicKey }: SecretKey): string {
  const signature = sign(null, prehash, key);
  const made: MinisignSignature = {
    keyId: publicKey.id,
    hashed: true,
    signature,
    comment,
    globalSignature: sign(null, Buffer.concat([signature, Buffer.from(comment)]), key),
  };
  return signatureFile(made, UNTRUSTED_COMMENT);
}
