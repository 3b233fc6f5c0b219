/**
 * Public keys of minisign: the one line that starts with RW, or a .pub file with a comment above it. Both come from
 * the local configuration or a command; every way in which one can be malformed has its words.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { DetectdError } from '../base/errors.js';

export interface PublicKey {
  /** 16 hexadecimal digits in capitals, as minisign prints it. */
  id: string;
  /** `RW…`, 56 characters. */
  text: string;
  /** 32 bytes. */
  bytes: Buffer;
  key: KeyObject;
}

/** Far more than a comment of 1 kB and a key. */
export const MAX_PUBLIC_KEY_BYTES = 4096;
/** Algorithm, key id and key. */
const KEY_BYTES = 2 + 8 + 32;
export const KEY_ID_BYTES = 8;
/** An Ed25519 key as X.509 has it, before its bytes. */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
/**
 * Points of small order, the sign bit left out: with such a key anybody can make signatures, and a row of zeros is
 * what stands where a key was to be filled in.
 */
const WEAK = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
]);

/** The text of a key or of a .pub file. Throws KEY_INVALID, which calls it `where`. Pure. */
export function parsePublicKey(text: string, where: string): PublicKey {
  if (text.length > MAX_PUBLIC_KEY_BYTES) throw invalid(where, 'is too long');
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (/^untrusted comment:/i.test(lines[0] ?? '')) lines.shift();
  const [line, ...more] = lines;
  if (line === undefined) throw invalid(where, 'holds no key');
  if (more.length > 0) throw invalid(where, 'holds more than a comment and a key');
  const bytes = decodeBase64(line);
  if (bytes?.length === 158) throw invalid(where, 'is a secret key, which belongs to its signer alone');
  if (bytes?.length !== KEY_BYTES) throw invalid(where, 'is not 56 characters of Base64');
  if (bytes.toString('latin1', 0, 2) !== 'Ed') throw invalid(where, 'is of another kind than Ed25519');
  const point = Buffer.from(bytes.subarray(2 + KEY_ID_BYTES));
  if (isWeak(point)) throw invalid(where, 'is one that anybody can sign with');
  return publicKeyOf(bytes.subarray(2, 2 + KEY_ID_BYTES), point);
}

/** From its key id (8 bytes) and the Ed25519 key (32 bytes). */
export function publicKeyOf(id: Buffer, bytes: Buffer): PublicKey {
  return {
    id: keyIdText(id),
    text: Buffer.concat([Buffer.from('Ed'), id, bytes]).toString('base64'),
    bytes,
    key: createPublicKey({ key: Buffer.concat([SPKI, bytes]), format: 'der', type: 'spki' }),
  };
}

/** The content of a .pub file. */
export function publicKeyFile({ id, text }: PublicKey): string {
  return `untrusted comment: minisign public key ${id}\n${text}\n`;
}

/** Eight bytes, least significant first, as minisign prints them. */
export function keyIdText(id: Buffer): string {
  return Buffer.from(id).reverse().toString('hex').toUpperCase();
}

/** Strict: no other characters, no missing or wrong padding, no bits left over. Undefined for anything else. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

function isWeak(point: Buffer): boolean {
  const unsigned = Buffer.from(point);
  unsigned[31] = (unsigned[31] as number) & 0x7f;
  return WEAK.has(unsigned.toString('hex'));
}

function invalid(where: string, clause: string): DetectdError {
  return new DetectdError(
    'KEY_INVALID',
    `The public key ${where} ${clause}.`,
    'Give the line that starts with RW, or the .pub file, as minisign or "detectd models keys generate" made it.',
  );
}
