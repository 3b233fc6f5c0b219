/** Whether a trusted key signed a document: the keys of `updates.keys`, which only the local file names. */
import { DetectdError } from '../base/errors.js';
import { parseSignature } from './minisign-signature.js';
import { checkContent } from './minisign-verify.js';
import { readTrustedKeys } from './trust-keys.js';

/** The key id, or a DetectdError that says in one sentence what is wrong. */
export type VerifyDocument = (content: Uint8Array, minisig: string) => string;

/** @param entries of `updates.keys`; those that cannot be read count as not there */
export async function documentVerifier(entries: readonly string[]): Promise<VerifyDocument> {
  const keys = (await readTrustedKeys(entries)).flatMap(({ key }) => key ?? []);
  return (content, minisig) => {
    const check = checkContent(parseSignature(minisig), content, keys);
    if (check.state === 'good') return check.keyId;
    const message =
      check.state === 'bad'
        ? `it is not of this ${check.of === 'content' ? 'document' : 'comment'}`
        : `the key ${check.keyId} is not trusted here`;
    throw new DetectdError('DESIRED_BAD_SIGNATURE', message);
  };
}
