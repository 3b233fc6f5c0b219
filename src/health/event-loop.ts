/**
 * Watches the event loop of this very process: a timer that comes late tells how long nothing else could be done either.
 * It can tell only afterwards; a loop that stays blocked is found by systemd, whose watchdog is fed from this loop.
 */
import type { Clock, Timer } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import { HEALTHY, type Health, type Service } from '../core/service.js';

export interface LoopWatchOptions {
  clock: Clock;
  log: Logger;
}

/** A block is seen as shorter by at most this. */
const TICK_MS = 250;
/** Messages, timers and the watchdog bear less. */
const LONG_MS = 1000;

export class LoopWatch implements Service {
  readonly name = 'event loop';
  readonly #options: LoopWatchOptions;
  #timer: Timer | undefined;
  #tickedUs = 0;
  /** Longest since takeMaxMs() was called last, and in the interval before. */
  #maxMs = 0;
  #takenMs = 0;

  constructor(options: LoopWatchOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { clock } = this.#options;
    this.#tickedUs = clock.monotonicUs();
    this.#timer = clock.every(TICK_MS, () => this.#tick(), { background: true });
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
  }

  /** The longest time in ms that this process could do nothing, since this was asked last. */
  takeMaxMs(): number {
    this.#takenMs = this.#maxMs;
    this.#maxMs = 0;
    return this.#takenMs;
  }

  health(): Health {
    const ms = Math.max(this.#maxMs, this.#takenMs);
    if (ms <= LONG_MS) return HEALTHY;
    return { state: 'degraded', reason: `it was blocked for ${(ms / 1000).toFixed(1)} s` };
  }

  #tick(): void {
    const now = this.#options.clock.monotonicUs();
    const lateMs = Math.max(0, (now - this.#tickedUs) / 1000 - TICK_MS);
    this.#tickedUs = now;
    this.#maxMs = Math.max(this.#maxMs, lateMs);
    if (lateMs > LONG_MS)
      this.#options.log.warn(
        { blockedMs: Math.round(lateMs) },
        'this process could do nothing for a while: the machine is overloaded or it was stopped',
      );
  }
}
