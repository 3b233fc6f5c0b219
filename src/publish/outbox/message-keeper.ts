/**
 * Writes to the store, one group after the other: what comes while a write is under way goes into the next one. So a slow
 * disk makes groups larger and not the queue of writes longer. What is removed waits for company, and is not read any more
 * from then on.
 */
import type { Clock, Timer } from '../../base/clock.js';
import type { Operation, OutboxStore, RowRange } from './outbox-store.js';
import { type Level, messageBytes, messageValue, type StoredMessage } from './stored-message.js';
import { Tally } from './tally.js';

export interface MessageKeeperOptions {
  clock: Clock;
  /** Writes may be lost to a power cut for this long. */
  syncMs: () => number;
  /** Gives a message its key, which it has from then on. */
  keyOf: (message: StoredMessage) => string;
  /** What is written with each group, beside its messages. */
  records: (group: readonly StoredMessage[], stored: Tally) => Operation[];
  written: (message: StoredMessage) => void;
  /** Nothing of the group is in the store for sure; all of it waits again, until use() gives another store. */
  failed: (fault: unknown, store: OutboxStore) => void;
}

interface Removal {
  level: Level;
  bytes: number;
}

const GROUP_MESSAGES = 512;
const GROUP_BYTES = 1024 * 1024;
/** Removals wait for a message to be written with, or for so many others, or so long. */
const REMOVALS = 256;
const REMOVAL_MS = 1000;

export class MessageKeeper {
  readonly #options: MessageKeeperOptions;
  /** Of the store, as of the last group. */
  readonly #stored = new Tally();
  #queue: StoredMessage[] = [];
  /** What is written with some of them. */
  readonly #also = new Map<StoredMessage, Operation>();
  #queuedBytes = 0;
  #removals = new Map<string, Removal>();
  #removalBytes = 0;
  #removing = new Map<string, Removal>();
  /** Removed since the oldest of the reads that are under way began. */
  readonly #removed = new Set<string>();
  #reads = 0;
  #writtenTo = 0;
  #store: OutboxStore | undefined;
  #writing: Promise<void> | undefined;
  #wanted = false;
  #unsynced = false;
  #syncedUs: number;
  /** When the store last took something, or was given something with nothing waiting before. */
  #waitingUs: number | undefined;
  #removalTimer: Timer | undefined;
  #syncTimer: Timer | undefined;

  constructor(options: MessageKeeperOptions) {
    this.#options = options;
    this.#syncedUs = options.clock.monotonicUs();
  }

  /** Messages that were added and not removed. */
  get count(): number {
    return this.#stored.count + this.#queue.length - this.#removals.size;
  }

  get bytes(): number {
    return this.#stored.bytes + this.#queuedBytes - this.#removalBytes;
  }

  /** Of messages that are not written yet. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** For how long the store has taken nothing of what waits for it. */
  get unwrittenMs(): number {
    return this.#waitingUs === undefined ? 0 : (this.#options.clock.monotonicUs() - this.#waitingUs) / 1000;
  }

  /** Every message of a lower order is in the store, or was. */
  get writtenTo(): number {
    return this.#writtenTo;
  }

  get stored(): Tally {
    return this.#stored;
  }

  get store(): OutboxStore | undefined {
    return this.#store;
  }

  /** Writes to this store from now on. @param rows what is in it, as Tally tells it */
  use(store: OutboxStore, rows: unknown): void {
    this.#store = store;
    this.#stored.fromRows(rows);
    this.#wanted = true;
    this.#run();
  }

  /** @param also written with it */
  put(message: StoredMessage, also?: Operation): void {
    this.#queue.push(message);
    if (also !== undefined) this.#also.set(message, also);
    this.#queuedBytes += message.bytes;
    this.#waitingUs ??= this.#options.clock.monotonicUs();
    this.#run();
  }

  /** A message that was written is delivered, or given up. */
  remove({ key, level, bytes }: Pick<StoredMessage, 'key' | 'level' | 'bytes'>): void {
    if (this.isRemoved(key)) return;
    this.#removals.set(key, { level, bytes });
    this.#removalBytes += bytes;
    if (this.#removals.size >= REMOVALS) this.write();
    else
      this.#removalTimer ??= this.#options.clock.after(REMOVAL_MS, () => {
        this.#removalTimer = undefined;
        this.write();
      });
  }

  isRemoved(key: string): boolean {
    return this.#removals.has(key) || this.#removing.has(key) || this.#removed.has(key);
  }

  /** Rows of the store without those that are removed. */
  async rows(range: RowRange): Promise<[string, string][]> {
    const store = this.#store;
    if (store === undefined) return [];
    this.#reads += 1;
    try {
      const rows = await store.rows(range);
      if (store !== this.#store) return [];
      const left = rows.filter(([key]) => !this.isRemoved(key));
      // A page of removed rows alone is not the end.
      const last = rows.at(-1);
      return left.length > 0 || last === undefined ? left : await this.rows({ ...range, after: last[0] });
    } catch (fault) {
      if (store !== this.#store) return [];
      throw fault;
    } finally {
      this.#reads -= 1;
      if (this.#reads === 0) this.#removed.clear();
    }
  }

  /** Has records, removals and what else waits written soon. */
  write(): void {
    this.#wanted = true;
    this.#run();
  }

  /** The next write survives a power cut, with all before it. */
  syncNext(): void {
    this.#syncedUs = Number.NEGATIVE_INFINITY;
  }

  /** Resolves when all that waits is written, or the store failed. */
  async flush(): Promise<void> {
    this.write();
    while (this.#writing !== undefined) await this.#writing;
  }

  /** Writes nothing more to the store from now on, and gives it back when it has done what it was about. */
  async leave(): Promise<OutboxStore | undefined> {
    const store = this.#store;
    this.#store = undefined;
    await this.#writing;
    return store;
  }

  /** As flush(), and it survives a power cut. */
  async close(): Promise<void> {
    this.#removalTimer?.cancel();
    this.#syncTimer?.cancel();
    await this.flush();
    if (this.#unsynced) {
      this.syncNext();
      await this.flush();
    }
    this.#removalTimer?.cancel();
    this.#syncTimer?.cancel();
  }

  #run(): void {
    if (this.#writing !== undefined || this.#store === undefined) return;
    if (this.#queue.length === 0 && !this.#wanted) return;
    this.#writing = this.#writeGroups(this.#store).finally(() => {
      this.#writing = undefined;
      this.#run();
    });
  }

  async #writeGroups(store: OutboxStore): Promise<void> {
    // What is added in the same turn of the loop goes into one group.
    await Promise.resolve();
    while (store === this.#store && (this.#queue.length > 0 || this.#wanted)) {
      const group = this.#takeGroup();
      this.#wanted = false;
      this.#removing = this.#removals;
      this.#removals = new Map();
      const removingBytes = this.#removalBytes;
      this.#removalBytes = 0;
      const before = this.#stored.toRows();
      const operations = this.#operationsOf(group);
      const sync = this.#syncIsDue();
      this.#waitingUs ??= this.#options.clock.monotonicUs();
      try {
        await store.write(operations, sync);
      } catch (fault) {
        if (store === this.#store) this.#stored.fromRows(before);
        this.#queue = [...group, ...this.#queue];
        this.#queuedBytes += bytesOf(group);
        this.#removals = new Map([...this.#removing, ...this.#removals]);
        this.#removalBytes += removingBytes;
        this.#removing = new Map();
        if (store === this.#store) {
          this.#store = undefined;
          this.#options.failed(fault, store);
        }
        return;
      }
      if (this.#reads > 0) for (const key of this.#removing.keys()) this.#removed.add(key);
      this.#removing = new Map();
      this.#waitingUs = this.#queue.length > 0 ? this.#options.clock.monotonicUs() : undefined;
      this.#noteSync(sync);
      for (const message of group) {
        if (this.#also.size > 0) this.#also.delete(message);
        this.#writtenTo = message.order + 1;
        this.#options.written(message);
      }
    }
  }

  #takeGroup(): StoredMessage[] {
    let bytes = 0;
    let size = 0;
    for (const message of this.#queue) {
      if (size >= GROUP_MESSAGES || (size > 0 && bytes + message.bytes > GROUP_BYTES)) break;
      bytes += message.bytes;
      size += 1;
    }
    const group = this.#queue.splice(0, size);
    this.#queuedBytes -= bytes;
    return group;
  }

  #operationsOf(group: readonly StoredMessage[]): Operation[] {
    const operations: Operation[] = [];
    for (const [key, { level, bytes }] of this.#removing) {
      operations.push({ type: 'del', key });
      this.#stored.remove(level, bytes);
    }
    for (const message of group) {
      message.key = this.#options.keyOf(message);
      const value = messageValue(message);
      message.bytes = messageBytes(message.key, value);
      this.#stored.add(message.level, message.bytes);
      operations.push({ type: 'put', key: message.key, value });
      const also = this.#also.size > 0 ? this.#also.get(message) : undefined;
      if (also !== undefined) operations.push(also);
    }
    operations.push(...this.#options.records(group, this.#stored));
    return operations;
  }

  #syncIsDue(): boolean {
    const { clock, syncMs } = this.#options;
    return clock.monotonicUs() - this.#syncedUs >= syncMs() * 1000;
  }

  #noteSync(sync: boolean): void {
    const { clock, syncMs } = this.#options;
    this.#unsynced = !sync;
    if (sync) {
      this.#syncedUs = clock.monotonicUs();
      this.#syncTimer?.cancel();
      this.#syncTimer = undefined;
      return;
    }
    const dueMs = syncMs() - (clock.monotonicUs() - this.#syncedUs) / 1000;
    this.#syncTimer ??= clock.after(Math.max(0, dueMs), () => {
      this.#syncTimer = undefined;
      if (this.#unsynced) this.write();
    });
  }
}

function bytesOf(group: readonly StoredMessage[]): number {
  return group.reduce((total, { bytes }) => total + bytes, 0);
}
