/**
 * Whether what all of the GPU loses is the worker's, where no driver says whose it is: the change of workers is the
 * test. When a fresh one gave nothing back, others hold the memory, and no further worker is replaced for it for as
 * long as that leak shows.
 */
import type { LeakVerdict } from './leak-verdict.js';

export type Suspicion = 'suspected' | 'on trial' | 'cleared';

export interface GpuLook {
  /** By the clock of the samples. */
  nowMs: number;
  /** Of the GPU's memory as a whole; undefined while it does not leak. */
  leak: LeakVerdict | undefined;
  /** Of the worker that serves; undefined while none does. */
  workerPid: number | undefined;
}

/** Share of what was lost that a worker gives back if it was the one. */
const GIVEN_BACK = 0.25;
/** Looks until the level, a median of minutes, is that of the fresh worker, even where the driver is asked seldom. */
const LOOKS_TO_SETTLE = 80;

export class GpuSuspicion {
  readonly #settleMs: number;
  #workerPid: number | undefined;
  /** Under the worker that serves, or served before the trial. */
  #bytes = 0;
  #lostBytes = 0;
  #trialSinceMs: number | undefined;
  #cleared = false;

  constructor(intervalMs: number) {
    this.#settleMs = LOOKS_TO_SETTLE * intervalMs;
  }

  get state(): Suspicion {
    if (this.#trialSinceMs !== undefined) return 'on trial';
    return this.#cleared ? 'cleared' : 'suspected';
  }

  look({ nowMs, leak, workerPid }: GpuLook): void {
    const before = this.#workerPid;
    this.#workerPid = workerPid ?? before;
    if (leak === undefined) {
      this.#trialSinceMs = undefined;
      this.#cleared = false;
      this.#lostBytes = 0;
      return;
    }
    if (workerPid === undefined) return;
    // A leak that shows only now was not there to be given back.
    if (before !== undefined && before !== workerPid && this.#lostBytes > 0) this.#trialSinceMs = nowMs;
    if (this.#trialSinceMs !== undefined) {
      if (nowMs - this.#trialSinceMs < this.#settleMs) return;
      this.#cleared = this.#bytes - leak.bytes < GIVEN_BACK * this.#lostBytes;
      this.#trialSinceMs = undefined;
    }
    this.#bytes = leak.bytes;
    this.#lostBytes = Math.max(0, (leak.bytesPerHour * (nowMs - leak.since)) / 3_600_000);
  }
}
