/** Moves what was kept in memory to the disk that is back, with what the disk was not told meanwhile. */
import type { MemoryStore } from './memory-store.js';
import type { Operation, OutboxStore } from './outbox-store.js';
import { bootRecords, streamRecords, sumsRecord } from './store-records.js';
import { levelOfKey, messageKey, messageValue, readMessage, type StoredMessage } from './stored-message.js';
import { Tally } from './tally.js';

const GROUP = 512;

export interface MoveFacts {
  /** Sums of the disk, as it was found. */
  rows: unknown;
  boot: number;
  bootId: string;
  kernel: string | undefined;
  ageMs: number;
}

/**
 * @returns its sums now
 */
export async function moveToDisk(
  memory: MemoryStore,
  disk: OutboxStore,
  { rows, boot, bootId, kernel, ageMs }: MoveFacts,
): Promise<[number, number][]> {
  const tally = new Tally();
  tally.fromRows(rows);
  const missed: Operation[] = [...memory.missed].map((key) => {
    const level = levelOfKey(key);
    const [count, bytes] = tally.toRows()[level] ?? [0, 0];
    tally.remove(level, count === 0 ? 0 : Math.round(bytes / count));
    return { type: 'del', key };
  });
  if (missed.length > 0) await disk.write([...missed, sumsRecord(tally, ageMs)], false);
  const messages = [...memory.all()]
    .map(([key, value]) => readMessage(key, value))
    .filter((message) => message !== undefined)
    .sort((a, b) => a.order - b.order);
  for (let start = 0; start < messages.length; start += GROUP) {
    const group = messages.slice(start, start + GROUP);
    const puts = group.map((message): Operation => {
      const key = messageKey(message.level, bootOf(message, bootId, boot), message.order);
      tally.add(message.level, message.bytes);
      return { type: 'put', key, value: messageValue(message) };
    });
    const own = group.filter((message) => message.bootId === bootId);
    // Without the record of this boot the next one would take its number, and with it the keys of its messages.
    const records = [
      ...bootRecords(boot, bootId, kernel),
      ...streamRecords(boot, own),
      sumsRecord(tally, ageMs),
    ];
    await disk.write([...puts, ...records], false);
  }
  return tally.toRows();
}

/** Only messages of this boot are ever kept in memory alone. */
function bootOf(message: StoredMessage, bootId: string, boot: number): number {
  return message.bootId === bootId ? boot : Number.parseInt(message.key.slice(2, 8), 16);
}
