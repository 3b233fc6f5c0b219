/**
 * How old stored messages are, by a clock that goes while the daemon runs and goes on where it stood at the next start. The
 * wall clock of a board without a battery starts anywhere and jumps by years when the network sets it: by that one
 * everything would be too old at once. The time a device is switched off does not count.
 */
import type { Clock } from '../../base/clock.js';

export class AgeClock {
  readonly #clock: Pick<Clock, 'monotonicUs'>;
  #baseMs = 0;
  #sinceUs: number;

  constructor(clock: Pick<Clock, 'monotonicUs'>) {
    this.#clock = clock;
    this.#sinceUs = clock.monotonicUs();
  }

  get nowMs(): number {
    return this.#baseMs + (this.#clock.monotonicUs() - this.#sinceUs) / 1000;
  }

  /** Goes on from what an earlier run had reached; what was stamped by then stays as old as it is. Gives the difference. */
  resume(reachedMs: number): number {
    const { nowMs } = this;
    if (reachedMs <= nowMs) return 0;
    this.#baseMs += reachedMs;
    return reachedMs;
  }
}
