/**
 * When a worker that failed is started again: delays that grow with each failure, one count for what serves and one for
 * what should take over from it, and one timer, since only one of them is waited for.
 */
import { Backoff } from '../base/backoff.js';
import type { Clock, Timer } from '../base/clock.js';
import type { RestartDelays } from './supervision.js';

export class RestartTimer {
  readonly #clock: Clock;
  readonly #due: () => void;
  #delays: RestartDelays;
  #backoffs: { serving: Backoff; replacing: Backoff };
  #timer: Timer | undefined;

  constructor(delays: RestartDelays, clock: Clock, due: () => void) {
    this.#clock = clock;
    this.#due = due;
    this.#delays = delays;
    this.#backoffs = this.#newBackoffs();
  }

  /** A failure is waited off. */
  get waiting(): boolean {
    return this.#timer !== undefined;
  }

  /** Other delays begin anew; the same go on. */
  configure(delays: RestartDelays): void {
    if (JSON.stringify(delays) === JSON.stringify(this.#delays)) return;
    this.#delays = delays;
    this.#backoffs = this.#newBackoffs();
  }

  healthy(which: 'serving' | 'replacing'): void {
    this.#backoffs[which].healthy();
  }

  /** Returns the delay in ms, after which it is due. */
  failed(which: 'serving' | 'replacing'): number {
    const delayMs = this.#backoffs[which].next();
    this.cancel();
    this.#timer = this.#clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#due();
    });
    return delayMs;
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #newBackoffs(): { serving: Backoff; replacing: Backoff } {
    const options = { ...this.#delays, clock: this.#clock };
    return { serving: new Backoff(options), replacing: new Backoff(options) };
  }
}
