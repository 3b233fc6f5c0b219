/**
 * A look at the machine that may never return, since a driver or a file system hangs: the answer comes within a deadline,
 * and as long as the look has not returned there is no other, so that hanging ones do not pile up.
 */
import type { Clock } from '../base/clock.js';
import { within } from './fact.js';

export type Probed<T> = { value: T } | { reason: string };

export class BoundedProbe<T> {
  readonly #look: () => Promise<T>;
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  #looking = false;

  constructor(look: () => Promise<T>, clock: Clock, deadlineMs: number) {
    this.#look = look;
    this.#clock = clock;
    this.#deadlineMs = deadlineMs;
  }

  /** True while a look has not returned. */
  get isLooking(): boolean {
    return this.#looking;
  }

  /** Never rejects. */
  take(): Promise<Probed<T>> {
    if (this.#looking) return Promise.resolve({ reason: 'still no answer to the question before' });
    this.#looking = true;
    const look = this.#look()
      .then((value): Probed<T> => ({ value }))
      .finally(() => {
        this.#looking = false;
      });
    return within(this.#deadlineMs, this.#clock, look, (reason): Probed<T> => ({ reason }));
  }
}
