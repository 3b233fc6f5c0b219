/**
 * One message as it lies in the store: its key, whose order is that of replay and of giving up, and its value, which is
 * proof against bytes that changed on the disk. Pure.
 */
import type { Priority } from '../../core/device-event.js';

/** A priority, or 4: announcements of losses, which are never given up for room. */
export type Level = Priority | 4;
export const LEVELS: readonly Level[] = [0, 1, 2, 3, 4];

export interface StoredMessage {
  key: string;
  level: Level;
  /** Of the boot, over all streams: in this order they were added. */
  order: number;
  /** Path of the topic below `<base>/<device>/`. */
  stream: string;
  topic: string;
  bootId: string;
  seq: number;
  /** By the clock of the outbox, which goes while the daemon runs; see age-clock.ts. */
  stampMs: number;
  /** The payload, as JSON of an object. */
  text: string;
  /** What it takes of the store; before it is written, about. */
  bytes: number;
}

const BOOT_DIGITS = 6;
const ORDER_DIGITS = 10;
/** Characters of a key. */
export const KEY_LENGTH = 2 + BOOT_DIGITS + ORDER_DIGITS;

/** By level, then by boot, then by order. */
export function messageKey(level: Level, boot: number, order: number): string {
  return `m${level}${hex(boot, BOOT_DIGITS)}${hex(order, ORDER_DIGITS)}`;
}

/** What of a key tells which message is older, whatever their levels. */
export function ageOfKey(key: string): string {
  return key.slice(2);
}

export function levelOfKey(key: string): Level {
  return Number(key[1]) as Level;
}

export function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

export function messageValue(message: StoredMessage): string {
  const { seq, stampMs, text } = message;
  const head = `${originOf(message)}${seq},${Math.round(stampMs)}]\n`;
  // Put together once: whatever is read of a string that was put together is copied first.
  return `${checksum(head, text)}${head}${text}`;
}

let last = { bootId: '', stream: '', topic: '', origin: '' };

/** How the head begins; most messages are of the same stream as the one before. */
function originOf({ bootId, stream, topic }: StoredMessage): string {
  if (last.stream !== stream || last.topic !== topic || last.bootId !== bootId)
    last = { bootId, stream, topic, origin: `${JSON.stringify([bootId, stream, topic]).slice(0, -1)},` };
  return last.origin;
}

/** What it takes of the store. */
export function messageBytes(key: string, value: string): number {
  return key.length + Buffer.byteLength(value);
}

/** Undefined for what is not as it was written. */
export function readMessage(key: string, value: string): StoredMessage | undefined {
  const end = value.indexOf('\n') + 1;
  const head = value.slice(CHECKSUM_DIGITS, end);
  const text = value.slice(end);
  if (end === 0 || checksum(head, text) !== value.slice(0, CHECKSUM_DIGITS)) return undefined;
  const [bootId, stream, topic, seq, stampMs]: [string, string, string, number, number] = JSON.parse(head);
  return {
    key,
    level: levelOfKey(key),
    order: Number.parseInt(key.slice(2 + BOOT_DIGITS), 16),
    ...{ bootId, stream, topic, seq, stampMs },
    text,
    bytes: messageBytes(key, value),
  };
}

/** The payload of a message that comes late. */
export function historicalText(text: string): string {
  return text.length === 2 ? '{"historical":true}' : `{"historical":true,${text.slice(1)}`;
}

const CHECKSUM_DIGITS = 8;

/** FNV-1a, two letters at a time: leveldb does not check what it reads, and a flipped bit may still be JSON. */
function checksum(head: string, text: string): string {
  return hex(sumOf(text, sumOf(head, 0x811c9dc5)) >>> 0, CHECKSUM_DIGITS);
}

/** A piece of a text as its 16-bit letters: reading them one by one from a string takes three times as long. */
const PIECE_LETTERS = 8192;
const letters = Buffer.alloc(2 * PIECE_LETTERS);
const pairs = new Int32Array(letters.buffer, letters.byteOffset, PIECE_LETTERS / 2);

function sumOf(text: string, before: number): number {
  let sum = before;
  for (let start = 0; start < text.length; start += PIECE_LETTERS) {
    const piece = text.length <= PIECE_LETTERS ? text : text.slice(start, start + PIECE_LETTERS);
    const count = letters.write(piece, 0, 'utf16le') >> 1;
    for (let index = 0; index < count >> 1; index += 1)
      sum = Math.imul(sum ^ (pairs[index] as number), 0x01000193);
    if (count & 1) sum = Math.imul(sum ^ piece.charCodeAt(count - 1), 0x01000193);
  }
  return sum;
}
