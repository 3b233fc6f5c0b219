/**
 * Secret keys of minisign: made, written, read and used as Debian's minisign does, with a password (scrypt) or
 * without. They are for the machine that signs; the daemon never reads one.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  scrypt,
} from 'node:crypto';
import { DetectdError } from '../base/errors.js';
import { blake2b } from './minisign-checksum.js';
import { decodeBase64, KEY_ID_BYTES, type PublicKey, publicKeyOf } from './minisign-key.js';

export interface SecretKey {
  /** 8 bytes. */
  id: Buffer;
  /** Seed and public key, 64 bytes. */
  bytes: Buffer;
  key: KeyObject;
  publicKey: PublicKey;
}

/** How hard guessing a password is made; `operations` and `memory` (bytes) as libsodium counts them. */
export interface ScryptCost {
  operations: number;
  memory: number;
}

/** minisign's own: 1 GiB and some seconds. */
export const DEFAULT_COST: ScryptCost = { operations: 33_554_432, memory: 1_073_741_824 };
/** A file may ask for more than any machine has. */
const MAX_MEMORY = 2 * 2 ** 30;
/** Four times minisign's own. */
const MAX_ROUNDS = 2 ** 22;
export const MAX_SECRET_KEY_BYTES = 4096;

const SEED_BYTES = 32;
const SECRET_BYTES = 64;
const CHECKSUM_BYTES = 32;
const SALT_BYTES = 32;
const BODY_BYTES = KEY_ID_BYTES + SECRET_BYTES + CHECKSUM_BYTES;
/** Algorithms of the signature, the key derivation and the checksum; salt; two numbers. */
const HEAD_BYTES = 2 + 2 + 2 + SALT_BYTES + 8 + 8;
const COMMENT = 'untrusted comment: ';
/** An Ed25519 seed as PKCS #8 has it, before its bytes. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

export function makeSecretKey(): SecretKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const der = privateKey.export({ format: 'der', type: 'pkcs8' });
  return secretKeyOf(randomBytes(KEY_ID_BYTES), der.subarray(PKCS8.length));
}

/** The content of a secret key file; without a password as minisign -W writes it. Throws KEY_INVALID. */
export async function secretKeyFile(
  { id, bytes }: SecretKey,
  password: string | undefined,
  cost: ScryptCost = DEFAULT_COST,
): Promise<string> {
  const head = Buffer.alloc(HEAD_BYTES);
  const body = Buffer.alloc(BODY_BYTES);
  id.copy(body);
  bytes.copy(body, KEY_ID_BYTES);
  head.write(password === undefined ? 'Ed\0\0B2' : 'EdScB2', 'latin1');
  if (password !== undefined) {
    checksum(id, bytes).copy(body, KEY_ID_BYTES + SECRET_BYTES);
    randomBytes(SALT_BYTES).copy(head, 6);
    head.writeBigUInt64LE(BigInt(cost.operations), 6 + SALT_BYTES);
    head.writeBigUInt64LE(BigInt(cost.memory), 6 + SALT_BYTES + 8);
    await encrypt(head, body, password);
  }
  const text = Buffer.concat([head, body]).toString('base64');
  return `${COMMENT}minisign encrypted secret key\n${text}\n`;
}

/** Whether a secret key file wants a password. Throws KEY_INVALID for what is none. Pure. */
export function wantsPassword(file: string): boolean {
  return isEncrypted(decodeFile(file));
}

/** Reads a secret key file. Throws KEY_INVALID, also for a wrong password. */
export async function parseSecretKey(file: string, password: string | undefined): Promise<SecretKey> {
  const all = decodeFile(file);
  const head = all.subarray(0, HEAD_BYTES);
  const body = Buffer.from(all.subarray(HEAD_BYTES));
  const encrypted = isEncrypted(all);
  if (encrypted) {
    if (password === undefined)
      throw invalid('is locked with a password', 'Give the password in a file, with --password-file.');
    await encrypt(head, body, password);
  }
  const id = Buffer.from(body.subarray(0, KEY_ID_BYTES));
  const bytes = Buffer.from(body.subarray(KEY_ID_BYTES, KEY_ID_BYTES + SECRET_BYTES));
  const sum = body.subarray(KEY_ID_BYTES + SECRET_BYTES);
  // Without a password minisign leaves the checksum empty.
  const empty = !encrypted && sum.every((byte) => byte === 0);
  if (!empty && !checksum(id, bytes).equals(sum))
    throw encrypted
      ? invalid('does not open with this password', 'Check the password; the file may be damaged, too.')
      : invalid('is damaged', 'Take it from its backup.');
  const key = secretKeyOf(id, bytes.subarray(0, SEED_BYTES));
  if (!key.bytes.equals(bytes)) throw invalid('is damaged', 'Take it from its backup.');
  return key;
}

function secretKeyOf(id: Buffer, seed: Buffer): SecretKey {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  const point = spki.subarray(spki.length - 32);
  return { id, bytes: Buffer.concat([seed, point]), key, publicKey: publicKeyOf(id, point) };
}

function decodeFile(file: string): Buffer {
  const lines = file
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines[0]?.startsWith(COMMENT.trim())) lines.shift();
  const all = lines.length === 1 ? decodeBase64(lines[0] as string) : undefined;
  if (all?.length === 42) throw invalid('is a public key', 'Give the secret key that belongs to it.');
  const kinds = all?.toString('latin1', 0, 6);
  if (all?.length !== HEAD_BYTES + BODY_BYTES || !['EdScB2', 'Ed\0\0B2'].includes(kinds ?? ''))
    throw invalid(
      'is no secret key of minisign',
      'Make one with "detectd models keys generate" or minisign -G.',
    );
  return all;
}

function isEncrypted(all: Buffer): boolean {
  return all.toString('latin1', 2, 4) === 'Sc';
}

function checksum(id: Buffer, bytes: Buffer): Buffer {
  return blake2b(Buffer.concat([Buffer.from('Ed'), id, bytes]), CHECKSUM_BYTES);
}

/** In place; the same turns it back. */
async function encrypt(head: Buffer, body: Buffer, password: string): Promise<void> {
  const salt = head.subarray(6, 6 + SALT_BYTES);
  const operations = head.readBigUInt64LE(6 + SALT_BYTES);
  const memory = head.readBigUInt64LE(6 + SALT_BYTES + 8);
  const { N, r, p } = scryptParameters(operations, memory);
  const needed = 128 * N * r + 128 * r * p;
  if (needed > MAX_MEMORY || N * p > MAX_ROUNDS)
    throw invalid('asks for more memory or time than is given', 'Make another one.');
  const stream = await new Promise<Buffer>((resolve, reject) => {
    scrypt(password, salt, BODY_BYTES, { N, r, p, maxmem: needed + 2 ** 20 }, (error, derived) => {
      if (error === null) resolve(derived);
      else reject(invalid(`cannot be unlocked: ${error.message}`, `It takes ${needed >> 20} MiB of memory.`));
    });
  });
  for (let at = 0; at < BODY_BYTES; at += 1) body[at] = (body[at] as number) ^ (stream[at] as number);
}

/** As crypto_pwhash_scryptsalsa208sha256 of libsodium chooses them. */
function scryptParameters(operations: bigint, memory: bigint): { N: number; r: number; p: number } {
  const r = 8;
  const cost = operations < 32_768n ? 32_768n : operations;
  const byOperations = cost < memory / 32n;
  const most = byOperations ? cost / BigInt(r * 4) : memory / BigInt(r * 128);
  let log = 1;
  while (log < 63 && 1n << BigInt(log) <= most / 2n) log += 1;
  const parallel = byOperations ? BigInt(r) : cost / 4n / (1n << BigInt(log));
  const p = Number((parallel > 0x3fffffffn ? 0x3fffffffn : parallel) / BigInt(r));
  return { N: 2 ** log, r, p };
}

function invalid(clause: string, hint: string): DetectdError {
  return new DetectdError('KEY_INVALID', `The secret key ${clause}.`, hint);
}
