/** What is in a piece, whichever form it has: where it may begin, and how long it is. Pure. */
import type { RecordingForm } from '../core/recording.js';
import { scanStream, secondsBetween } from './transport-stream.js';

export interface PieceContent {
  /** Without a torn end. */
  bytes: Uint8Array;
  /** Where the first picture begins that needs no other; undefined where there is none. */
  keyAt: number | undefined;
  /** To be put before it. */
  tables: Uint8Array;
  /** From there to the end; about. */
  secondsFromKey: number;
  /** In units of 90 kHz; undefined where the form has no times. */
  firstTime: number | undefined;
  lastTime: number | undefined;
}

const JPEG_START = Buffer.from([0xff, 0xd8, 0xff]);
const JPEG_END = Buffer.from([0xff, 0xd9]);
const NONE = new Uint8Array(0);

/** `fromUs` and `toUs` as the piece's, for forms without times of their own. Undefined where there is nothing in it. */
export function pieceContent(
  piece: { form: RecordingForm; fromUs: number; toUs: number },
  bytes: Buffer,
): PieceContent | undefined {
  if (piece.form === 'mjpg') return jpegs(bytes, (piece.toUs - piece.fromUs) / 1e6);
  const { length, keyAt, tables, firstTime, lastTime, keyTime } = scanStream(bytes);
  if (length === 0) return undefined;
  const seconds = keyTime === undefined || lastTime === undefined ? 0 : secondsBetween(keyTime, lastTime);
  return {
    ...{ bytes: bytes.subarray(0, length), keyAt, tables, firstTime, lastTime },
    secondsFromKey: Math.max(0, seconds),
  };
}

function jpegs(bytes: Buffer, seconds: number): PieceContent | undefined {
  const start = bytes.indexOf(JPEG_START);
  const end = bytes.lastIndexOf(JPEG_END);
  if (start < 0 || end < start) return undefined;
  return {
    ...{ bytes: bytes.subarray(start, end + JPEG_END.length), keyAt: 0, tables: NONE },
    ...{ secondsFromKey: seconds, firstTime: undefined, lastTime: undefined },
  };
}
