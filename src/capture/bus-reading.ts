/**
 * When the messages of a pipeline are read. The binding leaks a few strings with each message, some 20 KB with those of one
 * start and stop; unread they go with the next stop, and cost nothing. So they are read only where they tell why a run has
 * failed, and of a camera that fails for ever ever more seldom.
 */
import type { Clock, Timer } from '../base/clock.js';

/** Pictures come within this time, or the reason is looked for. */
const FIRST_PICTURE_MS = 1500;
/** A run of this length was a good one. What has gathered meanwhile is read, so that it does not grow for ever. */
const GOOD_RUN_MS = 30 * 60_000;
/** The reasons of so many runs in a row are all read, then those of each that is a power of two. */
const ALL_READ = 4;

export class BusReading {
  readonly #clock: Clock;
  #runs = 0;
  #first: Timer | undefined;
  #good: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The pipeline plays; `read` is called when its messages are to be read. */
  begin(read: () => void): void {
    this.end();
    this.#runs += 1;
    this.#first = this.#clock.after(FIRST_PICTURE_MS, () => this.worthIt && read(), { background: true });
    const good = (): void => {
      this.#runs = 0;
      read();
    };
    this.#good = this.#clock.after(GOOD_RUN_MS, good, { background: true });
  }

  /** Pictures come. */
  picture(): void {
    this.#first?.cancel();
  }

  /** The pipeline plays no more. */
  end(): void {
    this.#first?.cancel();
    this.#good?.cancel();
  }

  /** Whether the reason is looked for when this run ends. */
  get worthIt(): boolean {
    return this.#runs <= ALL_READ || Number.isInteger(Math.log2(this.#runs));
  }
}
