/** The store while there is no disk: messages alone, until they are moved to the disk or this process ends. */
import type { Operation, OutboxStore, RowRange } from './outbox-store.js';

/** Deletions of what is on the disk that are remembered for it; beyond this some messages are sent twice. */
const MAX_MISSED = 20_000;

export class MemoryStore implements OutboxStore {
  readonly kind = 'memory';
  /** By level, in the order of their keys: whoever writes does it in that order. */
  readonly #levels = new Map<string, Map<string, string>>();
  readonly #missed = new Set<string>();

  async write(operations: Operation[]): Promise<void> {
    for (const operation of operations) {
      const { key } = operation;
      if (key[0] !== 'm') continue;
      const level = key.slice(0, 2);
      let rows = this.#levels.get(level);
      if (rows === undefined) {
        rows = new Map();
        this.#levels.set(level, rows);
      }
      if (operation.type === 'put') rows.set(key, operation.value);
      else if (!rows.delete(key) && this.#missed.size < MAX_MISSED) this.#missed.add(key);
    }
  }

  async rows({ after, end, limit }: RowRange): Promise<[string, string][]> {
    const found: [string, string][] = [];
    for (const row of this.#levels.get(after.slice(0, 2)) ?? []) {
      if (row[0] >= end || found.length >= limit) break;
      if (row[0] > after) found.push(row);
    }
    return found;
  }

  async close(): Promise<void> {}

  /** Keys that were to be deleted and are not here. */
  get missed(): Iterable<string> {
    return this.#missed;
  }

  /** Everything that is here. */
  *all(): Iterable<[string, string]> {
    for (const rows of this.#levels.values()) yield* rows;
  }
}
