/**
 * Holds what is fetched to so many bytes per second, over all that is fetched at once: a bucket that may go into debt,
 * which whoever takes from it sleeps off. The sender feels it as back pressure.
 */
import { type Clock, pause } from '../../base/clock.js';

/** Seconds of the rate that may be taken at once after a pause. */
const BURST_S = 0.5;

export class Throttle {
  readonly #clock: Clock;
  readonly #bytesPerMs: number;
  readonly #burst: number;
  #left: number;
  #countedUs: number;

  /** `bytesPerSecond` 0: no limit. */
  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock;
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#burst = bytesPerSecond * BURST_S;
    this.#left = this.#burst;
    this.#countedUs = clock.monotonicUs();
  }

  /** Takes `bytes` that have come; resolves when more may come, or when `signal` is aborted. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.#bytesPerMs === 0) return;
    const nowUs = this.#clock.monotonicUs();
    this.#left = Math.min(this.#burst, this.#left + ((nowUs - this.#countedUs) / 1000) * this.#bytesPerMs);
    this.#countedUs = nowUs;
    this.#left -= bytes;
    if (this.#left < 0) await pause(this.#clock, -this.#left / this.#bytesPerMs, signal);
  }
}
