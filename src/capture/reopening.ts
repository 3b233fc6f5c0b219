/**
 * When a camera is opened again: soon and then more and more seldom while it fails, and now and then while it is frozen,
 * which cures many. How long the waits become depends on what an attempt costs.
 */
import { Backoff, type BackoffOptions } from '../base/backoff.js';
import type { Clock } from '../base/clock.js';
import { endsByItself, isNetwork, type Source } from '../core/source.js';

export type WaitOptions = Partial<Pick<BackoffOptions, 'initialMs' | 'maxMs' | 'stableMs' | 'random'>>;

/** Longest wait before another attempt: asking over a network costs little, looking for a device less. */
const LONGEST_MS = { network: 5000, networkLater: 15_000, device: 5000, file: 30_000 } as const;
/** So long a camera may be away and still be expected back any moment. */
const SOON_US = 3_600_000_000;
/** A frozen camera is opened anew after a minute, and if that was no cure, more and more seldom. */
const RENEWAL = { initialMs: 60_000, maxMs: 3_600_000, stableMs: 60_000 } as const;

export class Reopening {
  readonly #clock: Clock;
  readonly #retry: Backoff;
  readonly #renewal: Backoff;
  #awaySinceUs: number | undefined;
  #renewAtUs = Number.POSITIVE_INFINITY;

  constructor(source: Source, clock: Clock, waits: WaitOptions = {}) {
    this.#clock = clock;
    const maxMs = () => this.#longestMs(source);
    this.#retry = new Backoff({ initialMs: 500, maxMs, stableMs: 30_000, clock, ...waits });
    const { random } = waits;
    this.#renewal = new Backoff({ ...RENEWAL, clock, ...(random === undefined ? {} : { random }) });
  }

  /** Pictures come. */
  back(): void {
    this.#awaySinceUs = undefined;
    this.#retry.healthy();
  }

  /** None come; the same again and again is once. */
  away(): void {
    this.#awaySinceUs ??= this.#clock.monotonicUs();
  }

  /** It failed: milliseconds until the next attempt. */
  waitMs(): number {
    return this.#retry.next();
  }

  /** Its pictures stand still. */
  frozen(): void {
    this.#renewAtUs = this.#clock.monotonicUs() + this.#renewal.next() * 1000;
  }

  /** They move. */
  moves(): void {
    this.#renewAtUs = Number.POSITIVE_INFINITY;
    this.#renewal.healthy();
  }

  /** Whether it is time to open a frozen camera anew; true once each time. */
  renews(nowUs: number): boolean {
    if (nowUs < this.#renewAtUs) return false;
    this.frozen();
    return true;
  }

  #longestMs(source: Source): number {
    if (endsByItself(source)) return LONGEST_MS.file;
    if (!isNetwork(source)) return LONGEST_MS.device;
    const awayUs = this.#clock.monotonicUs() - (this.#awaySinceUs ?? Number.POSITIVE_INFINITY);
    return awayUs < SOON_US ? LONGEST_MS.network : LONGEST_MS.networkLater;
  }
}
