/**
 * What a signature says about the model, in the trusted comment that it covers: words of key=value. A comment of
 * minisign's own says nothing that is known here; then the signature binds the archive alone.
 */
import { DetectdError } from '../base/errors.js';

export interface ModelClaim {
  /** Of the manifest. */
  name: string;
  version: string;
  /** Of the archive, 64 hexadecimal digits. */
  sha256: string;
  /** Milliseconds since the Unix epoch. */
  signedMs: number;
  expiresMs: number | undefined;
}

const FORM = '1';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const LONGEST = 200;

/** Undefined for a comment that is not detectd's. Throws MODEL_BAD_SIGNATURE for one that is and is not whole. Pure. */
export function parseClaim(comment: string): ModelClaim | undefined {
  const [first = '', ...words] = comment.trim().split(/[ \t]+/);
  if (!first.startsWith('detectd=')) return undefined;
  if (first !== `detectd=${FORM}`)
    throw unreadable(`is of the form ${first.slice(8, 28)}, which is not known`);
  const values = new Map<string, string>();
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1) continue;
    const key = word.slice(0, at);
    if (values.has(key)) throw unreadable(`says ${key} twice`);
    values.set(key, decoded(key, word.slice(at + 1)));
  }
  const expires = values.get('expires');
  const sha256 = required(values, 'sha256');
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw unreadable('says no sha256 of 64 hexadecimal digits');
  return {
    name: required(values, 'name'),
    version: required(values, 'version'),
    sha256,
    signedMs: timeOf('signed', required(values, 'signed')),
    expiresMs: expires === undefined ? undefined : timeOf('expires', expires),
  };
}

/** One line, which parseClaim() reads. Times to the second. */
export function claimComment({ name, version, sha256, signedMs, expiresMs }: ModelClaim): string {
  const words = [
    `detectd=${FORM}`,
    `name=${encoded(name)}`,
    `version=${encoded(version)}`,
    `sha256=${sha256}`,
    `signed=${timeText(signedMs)}`,
  ];
  if (expiresMs !== undefined) words.push(`expires=${timeText(expiresMs)}`);
  return words.join(' ');
}

/** Milliseconds since the Unix epoch of an RFC 3339 time; undefined for anything else. */
export function parseTime(text: string): number | undefined {
  if (!TIME.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isFinite(ms) ? ms : undefined;
}

export function timeText(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}

function required(values: Map<string, string>, key: string): string {
  const value = values.get(key);
  if (value === undefined || value === '') throw unreadable(`says no ${key}`);
  return value;
}

function timeOf(key: string, text: string): number {
  const ms = parseTime(text);
  if (ms === undefined) throw unreadable(`says no time that can be read as ${key}`);
  return ms;
}

/** Names may hold spaces; whatever would end a word or a line is escaped. */
function encoded(text: string): string {
  return text.replace(/[%\s\p{Cc}\p{Zl}\p{Zp}]/gu, (character) => encodeURIComponent(character));
}

function decoded(key: string, text: string): string {
  let value: string;
  try {
    value = decodeURIComponent(text);
  } catch {
    throw unreadable(`says a ${key} that cannot be read`);
  }
  if (value.length > LONGEST) throw unreadable(`says a ${key} of more than ${LONGEST} characters`);
  return value;
}

function unreadable(clause: string): DetectdError {
  return new DetectdError(
    'MODEL_BAD_SIGNATURE',
    `The trusted comment of the signature ${clause}.`,
    'Sign the archive again with "detectd models sign".',
  );
}
