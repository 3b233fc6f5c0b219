/** What the outbox needs of the place where messages are kept: keys in order, writes that are whole or not at all. */

export type Operation = { type: 'put'; key: string; value: string } | { type: 'del'; key: string };

export interface RowRange {
  /** Rows behind this key … */
  after: string;
  /** … and before this one. */
  end: string;
  limit: number;
}

export interface OutboxStore {
  readonly kind: 'disk' | 'memory';
  /** All or nothing. `sync`: with all writes before it, it survives a power cut. Rejects with StoreFault. */
  write(operations: Operation[], sync: boolean): Promise<void>;
  /** By key; fewer than `limit` where they are large, but one at least if there is one. Rejects with StoreFault. */
  rows(range: RowRange): Promise<[key: string, value: string][]>;
  /** Never rejects. */
  close(): Promise<void>;
}
