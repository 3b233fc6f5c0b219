/** Gives messages up, oldest first, page by page: those for which there is no room, and those that are too old. */
import type { LossCause } from '../../core/device-event.js';
import type { MessageKeeper } from './message-keeper.js';
import { LEVELS, type Level, messageBytes, readMessage, type StoredMessage } from './stored-message.js';

export interface GiveUpOptions {
  keeper: MessageKeeper;
  /** It is under way to the broker. */
  isSent: (key: string) => boolean;
  /** It is no more. */
  lost: (message: StoredMessage, cause: LossCause) => void;
  /** These are no more. */
  forget: (keys: ReadonlySet<string>) => void;
  /** What cannot be read counts as nothing, and goes. */
  onDamaged: (key: string, value: string) => void;
}

const PAGE_ROWS = 64;
/** Down to this share of what is allowed, so that it is not the next message's turn again. */
const ENOUGH = 0.95;

export class GiveUp {
  readonly #options: GiveUpOptions;
  #work: Promise<void> | undefined;

  constructor(options: GiveUpOptions) {
    this.#options = options;
  }

  /** Until the store has a little less than `limit` bytes, if it has more. Rejects with StoreFault. */
  makeRoom(limit: number): Promise<void> {
    return this.#alone(() => this.#makeRoom(limit));
  }

  /** Those that are `tooOld`, but for announcements of losses. Rejects with StoreFault. */
  expire(tooOld: (message: StoredMessage) => boolean): Promise<void> {
    return this.#alone(async () => {
      for (const level of LEVELS)
        if (level < 4) await this.#giveUp(level, 'age', (message) => !tooOld(message));
    });
  }

  #alone(work: () => Promise<void>): Promise<void> {
    this.#work ??= work().finally(() => {
      this.#work = undefined;
    });
    return this.#work;
  }

  async #makeRoom(limit: number): Promise<void> {
    const { keeper } = this.#options;
    if (keeper.bytes <= limit) return;
    for (const level of LEVELS) {
      if (level === 4 || keeper.bytes <= limit * ENOUGH) return;
      // What is in the queue of a lower level goes first, too, once it is written.
      await keeper.flush();
      await this.#giveUp(level, 'overflow', () => keeper.bytes <= limit * ENOUGH);
    }
  }

  /** Gives up the messages of a level until `enough` says that this one may stay. */
  async #giveUp(level: Level, cause: LossCause, enough: (message: StoredMessage) => boolean): Promise<void> {
    const { keeper, isSent, lost, forget, onDamaged } = this.#options;
    let after = `m${level}`;
    for (;;) {
      const rows = await keeper.rows({ after, end: `m${level + 1}`, limit: PAGE_ROWS });
      const keys = new Set<string>();
      let done = rows.length === 0;
      for (const [key, value] of rows) {
        after = key;
        if (isSent(key)) continue;
        const message = readMessage(key, value);
        if (message === undefined) {
          onDamaged(key, value);
          continue;
        }
        done = enough(message);
        if (done) break;
        keys.add(key);
        lost({ ...message, bytes: messageBytes(key, value) }, cause);
      }
      forget(keys);
      if (done) return;
      await keeper.flush();
    }
  }
}
