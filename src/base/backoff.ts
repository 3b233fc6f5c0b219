/**
 * Delays between attempts: exponential with jitter, bounded, and forgotten after a stable period, so
 * that a fault once a week never adds up to a long wait.
 */
import type { Clock } from './clock.js';

export interface BackoffOptions {
  /** First delay in ms. */
  initialMs: number;
  /** Longest delay in ms; a function is asked each time. */
  maxMs: number | (() => number);
  /** Multiplier from one attempt to the next. */
  factor?: number;
  /** A healthy run of at least this long starts over at `initialMs`. */
  stableMs: number;
  clock: Clock;
  /** Uniform in [0, 1); injected by tests. */
  random?: () => number;
}

export class Backoff {
  readonly #options: BackoffOptions;
  #attempts = 0;
  #healthySinceUs: number | undefined;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Attempts since the last stable period. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Call when the thing works again. */
  healthy(): void {
    this.#healthySinceUs ??= this.#options.clock.monotonicUs();
  }

  /** Call when it failed: the delay in ms before the next attempt, with jitter of half its length. */
  next(): number {
    const { initialMs, maxMs, factor = 2, stableMs, clock, random = Math.random } = this.#options;
    const since = this.#healthySinceUs;
    if (since !== undefined && clock.monotonicUs() - since >= stableMs * 1000) this.#attempts = 0;
    this.#healthySinceUs = undefined;
    const longest = typeof maxMs === 'function' ? maxMs() : maxMs;
    const full = Math.min(longest, initialMs * factor ** Math.min(this.#attempts, 30));
    this.#attempts += 1;
    return Math.round(full / 2 + (full / 2) * random());
  }
}
