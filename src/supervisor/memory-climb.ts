/**
 * Whether a process climbs in the minutes of a probation, for which the leak detector has too little time. Of each of a
 * few stretches the lowest size counts; only what rises in every one of them, and as much in the last as in the first, is
 * called a leak: caches and arenas that fill slow down.
 */
import type { Clock } from '../base/clock.js';

const STRETCHES = 8;
/** The first quarter is warming up. */
const WARM = 2;
const LEAST_BYTES = 32e6;
/** Of the size that it had when it was warm. */
const LEAST_PART = 0.05;
/** No stretch may rise by less than this part of the mean rise. */
const EVEN = 0.3;

export class MemoryClimb {
  readonly #stretchUs: number;
  readonly #clock: Clock;
  readonly #startUs: number;
  /** Lowest size of each stretch so far. */
  readonly #lowest: number[] = [];

  constructor(probationMs: number, clock: Clock) {
    this.#clock = clock;
    this.#startUs = clock.monotonicUs();
    this.#stretchUs = Math.max(1000, (probationMs * 1000) / STRETCHES);
  }

  /** Resident size of the worker. */
  add(bytes: number): void {
    const stretch = Math.floor((this.#clock.monotonicUs() - this.#startUs) / this.#stretchUs);
    const index = Math.min(stretch, STRETCHES - 1);
    this.#lowest[index] = Math.min(this.#lowest[index] ?? bytes, bytes);
  }

  /** In a sentence; undefined while there is no sign of one, or too little was seen. */
  leak(): string | undefined {
    const seen = Array.from({ length: STRETCHES }, (_, index) => this.#lowest[index]);
    const warm = seen.slice(WARM).filter((bytes) => bytes !== undefined);
    if (warm.length < STRETCHES - WARM) return undefined;
    const rise = steadyRise(warm);
    if (rise === undefined) return undefined;
    const seconds = Math.round((this.#stretchUs * (warm.length - 1)) / 1e6);
    return `its worker grew by ${Math.round(rise / 1e6)} MB in ${seconds} s, and goes on.`;
  }
}

/** Bytes that a size gained from stretch to stretch, as much in the last as in the first; undefined where it did not. */
export function steadyRise(sizes: readonly number[]): number | undefined {
  const [first, last] = [sizes[0], sizes.at(-1)];
  if (sizes.length < 3 || first === undefined || last === undefined) return undefined;
  const rise = last - first;
  if (rise < Math.max(LEAST_BYTES, LEAST_PART * first)) return undefined;
  const steps = sizes.slice(1).map((bytes, index) => bytes - (sizes[index] ?? bytes));
  return Math.min(...steps) < (EVEN * rise) / steps.length ? undefined : rise;
}
