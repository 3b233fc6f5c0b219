/**
 * A detections message of the self test's camera, as it came from the broker: anything may be in it, so that
 * only what has the expected form gets further.
 */
import { decodePayload } from '../publish/payload-codec.js';

export interface MessageBox {
  label: string;
  /** x1, y1, x2, y2 in pixels. */
  corners: [number, number, number, number];
}

export interface SelftestMessage {
  seq: number;
  /** When the picture was captured, milliseconds since the Unix epoch. */
  capturedMs: number;
  objects: (MessageBox & { confidence: number })[];
  /** What a detector has to find in the picture. */
  truth: MessageBox[];
  /** What counts neither way. */
  unsure: MessageBox[];
}

/** Undefined for what is no detections message with its truth. */
export function readSelftestMessage(payload: Buffer): SelftestMessage | undefined {
  const message = record(parsed(payload));
  if (message === undefined) return undefined;
  const { seq, ts, objects, truth, unsure } = message;
  const capturedMs = typeof ts === 'string' ? Date.parse(ts) : Number.NaN;
  if (!Number.isSafeInteger(seq) || Number.isNaN(capturedMs)) return undefined;
  const found = all(objects, (item) => {
    const box = readBox(item);
    const confidence = item['confidence'];
    return box !== undefined && typeof confidence === 'number' ? { ...box, confidence } : undefined;
  });
  const wanted = all(truth, readBox);
  const either = all(unsure, readBox);
  if (found === undefined || wanted === undefined || either === undefined) return undefined;
  return { seq: seq as number, capturedMs, objects: found, truth: wanted, unsure: either };
}

function readBox({ label, bbox_px: box }: Record<string, unknown>): MessageBox | undefined {
  if (typeof label !== 'string' || !Array.isArray(box) || box.length !== 4) return undefined;
  if (!box.every((value) => Number.isFinite(value))) return undefined;
  return { label, corners: box as MessageBox['corners'] };
}

/** Every item read, or undefined when it is no list or one cannot be read. */
function all<T>(list: unknown, read: (item: Record<string, unknown>) => T | undefined): T[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const items: T[] = [];
  for (const each of list) {
    const object = record(each);
    const item = object === undefined ? undefined : read(object);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}

export function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

export function parsed(payload: Buffer): unknown {
  try {
    return decodePayload(payload);
  } catch {
    return undefined;
  }
}
