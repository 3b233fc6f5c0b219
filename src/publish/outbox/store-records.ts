/**
 * What lies in the store beside messages, each written in one act with the messages that it is about: sums, the boots with
 * the newest number of each of their streams, and losses that were not announced yet.
 */
import type { EarlierBoot, LossCause, LostMessages } from '../../core/device-event.js';
import type { Operation, OutboxStore } from './outbox-store.js';
import { hex, type StoredMessage } from './stored-message.js';
import type { Tally } from './tally.js';

/** Of another one, by a later version, nothing is understood. */
const VERSION = 1;
const SUMS = 't';
const PAGE = 256;
/** Far more than is ever written. */
const MAX_ROWS = 50_000;

export interface BootRecord extends EarlierBoot {
  boot: number;
  /** All its keys, for the time when nobody needs them any more. */
  keys: string[];
  /** It did not come to an orderly end: the kernel under which it wrote. */
  openUnder: string | undefined;
}

export interface StoreRecords {
  /** For Tally.fromRows(). */
  rows: unknown;
  /** The clock of the outbox when it was written. */
  ageMs: number;
  /** Oldest first. */
  boots: BootRecord[];
  losses: { key: string; loss: LostMessages }[];
}

export function sumsRecord(stored: Tally, ageMs: number): Operation {
  const value = JSON.stringify({ version: VERSION, rows: stored.toRows(), age_ms: Math.round(ageMs) });
  return { type: 'put', key: SUMS, value };
}

/** @param kernel see kernel-boot.ts */
export function bootRecords(boot: number, bootId: string, kernel: string | undefined): Operation[] {
  const record: Operation = { type: 'put', key: `b${bootHex(boot)}`, value: bootId };
  return kernel === undefined ? [record] : [record, { type: 'put', key: openKey(boot), value: kernel }];
}

/** The boot has come to an orderly end, or what it left was seen to. */
export function closedRecord(boot: number): Operation {
  return { type: 'del', key: openKey(boot) };
}

/** The newest numbers of the streams of these messages. */
export function streamRecords(boot: number, messages: readonly StoredMessage[]): Operation[] {
  const newest = new Map<string, number>();
  for (const { stream, seq } of messages) newest.set(stream, seq);
  return [...newest].map(([stream, seq]) => ({
    type: 'put',
    key: `s${bootHex(boot)}${stream}`,
    value: String(seq),
  }));
}

/** @param loss undefined: it was announced */
export function lossRecord(id: number, loss: LostMessages | undefined): Operation {
  const key = `l${hex(id, 8)}`;
  return loss === undefined ? { type: 'del', key } : { type: 'put', key, value: JSON.stringify(loss) };
}

/** Undefined for a store of a later version. Rejects with StoreFault; what is damaged in it is passed over. */
export async function readRecords(store: OutboxStore): Promise<StoreRecords | undefined> {
  const sums = parsed((await store.rows({ after: 's~', end: 'u', limit: 1 }))[0]?.[1]);
  if (sums !== undefined && sums['version'] !== VERSION) return undefined;
  const ageMs = sums?.['age_ms'];
  const boots = new Map<string, BootRecord>();
  for await (const [key, value] of allRows(store, 'b', 'c')) {
    const boot = Number.parseInt(key.slice(1), 16);
    if (Number.isSafeInteger(boot))
      boots.set(key.slice(1), { boot, boot_id: value, streams: {}, keys: [key], openUnder: undefined });
  }
  for await (const [key, value] of allRows(store, 'c', 'd')) {
    const record = boots.get(key.slice(1));
    if (record !== undefined) record.openUnder = value;
  }
  for await (const [key, value] of allRows(store, 's', 't')) {
    const record = boots.get(key.slice(1, 1 + BOOT_DIGITS));
    const seq = Number(value);
    if (record === undefined || !Number.isSafeInteger(seq)) continue;
    record.streams[key.slice(1 + BOOT_DIGITS)] = seq;
    record.keys.push(key);
  }
  const losses: StoreRecords['losses'] = [];
  for await (const [key, value] of allRows(store, 'l', 'm')) {
    const loss = readLoss(parsed(value));
    if (loss !== undefined) losses.push({ key, loss });
  }
  return {
    rows: sums?.['rows'],
    ageMs: typeof ageMs === 'number' && Number.isFinite(ageMs) && ageMs > 0 ? ageMs : 0,
    boots: [...boots.values()],
    losses,
  };
}

const BOOT_DIGITS = 6;

function openKey(boot: number): string {
  return `c${bootHex(boot)}`;
}

function bootHex(boot: number): string {
  return hex(boot, BOOT_DIGITS);
}

async function* allRows(store: OutboxStore, after: string, end: string): AsyncIterable<[string, string]> {
  let last = after;
  let count = 0;
  for (;;) {
    const page = await store.rows({ after: last, end, limit: PAGE });
    yield* page;
    count += page.length;
    const next = page.at(-1)?.[0];
    if (next === undefined || count > MAX_ROWS) return;
    last = next;
  }
}

function parsed(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const CAUSES: readonly LossCause[] = [
  ...(['overflow', 'age', 'too-large', 'refused', 'corrupt', 'disk', 'power-cut'] as const),
];

function readLoss(value: Record<string, unknown> | undefined): LostMessages | undefined {
  const cause = CAUSES.find((each) => each === value?.['cause']);
  if (value === undefined || cause === undefined) return undefined;
  const text = (name: string) => (typeof value[name] === 'string' ? (value[name] as string) : null);
  const number = (name: string) => (typeof value[name] === 'number' ? (value[name] as number) : null);
  return {
    stream: text('stream'),
    boot_id: text('boot_id'),
    from_seq: number('from_seq'),
    to_seq: number('to_seq'),
    cause,
    count: number('count'),
  };
}
