/** How many commands are looked at: a bucket that fills evenly, so that a flood costs no more than counting it. */
import type { Clock } from '../../base/clock.js';

const MINUTE_US = 60_000_000;

export class CommandBudget {
  readonly #clock: Pick<Clock, 'monotonicUs'>;
  #perMinute = 0;
  #left = 0;
  #filledUs = 0;

  constructor(clock: Pick<Clock, 'monotonicUs'>) {
    this.#clock = clock;
  }

  /** As many may come at once. */
  configure(perMinute: number): void {
    if (perMinute === this.#perMinute) return;
    this.#perMinute = perMinute;
    this.#left = perMinute;
    this.#filledUs = this.#clock.monotonicUs();
  }

  /** Whether one more may be looked at; if so, it counts. */
  take(): boolean {
    const now = this.#clock.monotonicUs();
    const gained = ((now - this.#filledUs) * this.#perMinute) / MINUTE_US;
    this.#left = Math.min(this.#perMinute, this.#left + gained);
    this.#filledUs = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
