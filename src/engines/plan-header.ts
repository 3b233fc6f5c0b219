/**
 * The head of a serialised TensorRT engine: a mark, and the version that wrote it. Only that version can load it,
 * and the library's own refusal comes late and says little, so it is looked at first.
 */
import { open } from 'node:fs/promises';
import type { TensorrtVersion } from './tensorrt-version.js';

const MARK = 'ftrt';
/** Major, minor, patch and build, one byte each. */
const VERSION_AT = 24;
const HEADER_BYTES = 32;

export type PlanHeader = { version: TensorrtVersion } | { problem: string };

/** What the first bytes say; `problem` completes "the engine …". */
export function parsePlanHeader(bytes: Uint8Array): PlanHeader {
  if (bytes.length === 0) return { problem: 'is empty' };
  if (bytes.length < HEADER_BYTES) return { problem: 'is cut off' };
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  if (head.toString('latin1', 0, 4) !== MARK) return { problem: 'is none of TensorRT' };
  if (head.readUInt32LE(4) !== 0) return { problem: 'is of a form that is not known' };
  return { version: [...head.subarray(VERSION_AT, VERSION_AT + 4)] };
}

/** Of a file. Rejects with the system's error when it cannot be read. */
export async function readPlanHeader(path: string): Promise<PlanHeader> {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    return parsePlanHeader(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}
