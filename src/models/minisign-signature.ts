/**
 * Signature files of minisign: an untrusted comment, the signature, a trusted comment, and a signature over both.
 * They come over the network: bounded, and every malformation is told apart.
 */
import { DetectdError } from '../base/errors.js';
import { decodeBase64, KEY_ID_BYTES, keyIdText } from './minisign-key.js';

export interface MinisignSignature {
  /** As PublicKey has it. */
  keyId: string;
  /** Over the BLAKE2b-512 digest of the content; otherwise (legacy) over the content itself. */
  hashed: boolean;
  /** 64 bytes. */
  signature: Buffer;
  /** Covered by `globalSignature`, together with the signature. */
  comment: string;
  /** 64 bytes. */
  globalSignature: Buffer;
}

/** What minisign takes: 1 kB of untrusted and 8 kB of trusted comment, and the rest. */
export const MAX_SIGNATURE_BYTES = 10_240;
const SIGNATURE_BYTES = 64;
const HEAD_BYTES = 2 + KEY_ID_BYTES;
const UNTRUSTED = 'untrusted comment: ';
const TRUSTED = 'trusted comment: ';

/** The text of a .minisig file. Throws MODEL_BAD_SIGNATURE. Pure. */
export function parseSignature(text: string): MinisignSignature {
  if (Buffer.byteLength(text) > MAX_SIGNATURE_BYTES)
    throw malformed(`is larger than ${MAX_SIGNATURE_BYTES} bytes`);
  const lines = text.split('\n').map((line) => line.replace(/\r+$/, ''));
  while (lines.at(-1) === '') lines.pop();
  const [untrusted = '', body = '', trusted = '', global = ''] = lines;
  if (!untrusted.startsWith(UNTRUSTED.trimEnd())) throw malformed('does not begin with an untrusted comment');
  if (lines.length < 4) throw malformed('is cut off');
  if (lines.length > 4) throw malformed('holds more than four lines');
  const bytes = decodeBase64(body);
  if (bytes?.length !== HEAD_BYTES + SIGNATURE_BYTES)
    throw malformed('holds no signature in its second line');
  const algorithm = bytes.toString('latin1', 0, 2);
  if (algorithm !== 'ED' && algorithm !== 'Ed') throw malformed('is of another kind than Ed25519');
  if (!trusted.startsWith(TRUSTED)) throw malformed('holds no trusted comment in its third line');
  const globalSignature = decodeBase64(global);
  if (globalSignature?.length !== SIGNATURE_BYTES)
    throw malformed('holds no signature of its comment in its fourth line');
  return {
    keyId: keyIdText(bytes.subarray(2, HEAD_BYTES)),
    hashed: algorithm === 'ED',
    signature: bytes.subarray(HEAD_BYTES),
    comment: trusted.slice(TRUSTED.length),
    globalSignature,
  };
}

/** The content of a .minisig file. Both comments must be one line. */
export function signatureFile(signature: MinisignSignature, untrustedComment: string): string {
  const id = Buffer.from(signature.keyId, 'hex').reverse();
  const body = Buffer.concat([Buffer.from(signature.hashed ? 'ED' : 'Ed'), id, signature.signature]);
  return [
    `${UNTRUSTED}${untrustedComment}`,
    body.toString('base64'),
    `${TRUSTED}${signature.comment}`,
    signature.globalSignature.toString('base64'),
    '',
  ].join('\n');
}

function malformed(clause: string): DetectdError {
  return new DetectdError(
    'MODEL_BAD_SIGNATURE',
    `The signature ${clause}.`,
    'It must be a .minisig file as "detectd models sign" or minisign makes it; sign the archive again.',
  );
}
