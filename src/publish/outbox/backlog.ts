/**
 * What is left in the store from before, in the order in which it was added, read a page at a time: however much it is,
 * only little of it is in memory.
 */
import type { RowRange } from './outbox-store.js';
import { ageOfKey, LEVELS, type Level, readMessage, type StoredMessage } from './stored-message.js';

export interface BacklogOptions {
  rows: (range: RowRange) => Promise<[string, string][]>;
  /** Neither sent now nor to be sent by others. */
  isFree: (key: string) => boolean;
  /** This row cannot be read as a message. */
  onDamaged: (key: string, value: string) => void;
  maxLevel?: Level;
}

interface Shelf {
  level: Level;
  /** Read and not taken yet, oldest last. */
  messages: StoredMessage[];
  after: string;
  done: boolean;
}

const PAGE_ROWS = 64;

export class Backlog {
  readonly #options: BacklogOptions;
  #shelves: Shelf[] = [];
  #end = '';
  #filling: Promise<void> | undefined;

  constructor(options: BacklogOptions) {
    this.#options = options;
  }

  /** Begins with the oldest again. @param end ageOfKey() of the first message that does not belong to it */
  begin(end: string): void {
    this.#end = end;
    this.#shelves = LEVELS.map((level) => ({ level, messages: [], after: `m${level}`, done: false }));
  }

  /** Nothing more of it. */
  end(): void {
    this.#shelves = [];
  }

  /** There may be more, but it is not read yet. */
  get hungry(): boolean {
    return this.#shelves.some(({ messages, done }) => messages.length === 0 && !done);
  }

  /** The oldest; undefined at the end and while it is hungry. */
  peek(): StoredMessage | undefined {
    if (this.hungry) return undefined;
    return this.#oldest()?.messages.at(-1);
  }

  /** Takes what peek() gave. */
  shift(): void {
    this.#oldest()?.messages.pop();
  }

  /** Reads on where it is hungry. */
  fill(): Promise<void> {
    this.#filling ??= this.#fill(this.#shelves).finally(() => {
      this.#filling = undefined;
    });
    return this.#filling;
  }

  /** These are no more. */
  forget(keys: ReadonlySet<string>): void {
    for (const shelf of this.#shelves) shelf.messages = shelf.messages.filter(({ key }) => !keys.has(key));
  }

  async #fill(shelves: readonly Shelf[]): Promise<void> {
    const { rows, isFree, onDamaged } = this.#options;
    for (const shelf of shelves) {
      while (shelf.messages.length === 0 && !shelf.done) {
        const end = `m${shelf.level}${this.#end}`;
        const page = await rows({ after: shelf.after, end, limit: PAGE_ROWS });
        if (shelves !== this.#shelves) return;
        shelf.done = page.length === 0;
        shelf.after = page.at(-1)?.[0] ?? shelf.after;
        for (const [key, value] of page.reverse()) {
          if (!isFree(key)) continue;
          const message = readMessage(key, value);
          if (message === undefined) onDamaged(key, value);
          else shelf.messages.push(message);
        }
      }
    }
  }

  #oldest(): Shelf | undefined {
    let oldest: Shelf | undefined;
    let age = '';
    for (const shelf of this.#shelves) {
      const next = shelf.messages.at(-1);
      if (next === undefined) continue;
      const nextAge = ageOfKey(next.key);
      if (oldest === undefined || nextAge < age) [oldest, age] = [shelf, nextAge];
    }
    return oldest;
  }
}
