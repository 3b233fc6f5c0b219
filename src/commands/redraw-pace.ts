/** When to draw again: soon after something changed, though not too often, and after a while because of the ages. */
import type { Clock, Timer } from '../base/clock.js';

export interface RedrawPaceOptions {
  clock: Clock;
  /** Least time between two drawings. */
  leastMs: number;
  /** A drawing is made after this time even when nothing changed; undefined: not. */
  mostMs?: number | undefined;
  draw: () => void;
}

export class RedrawPace {
  readonly #options: RedrawPaceOptions;
  #drawnUs: number | undefined;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: RedrawPaceOptions) {
    this.#options = options;
  }

  /** Something is different: drawn now, or when the least time has passed. Many changes until then are one. */
  changed(): void {
    const { clock, leastMs } = this.#options;
    const sinceMs = this.#drawnUs === undefined ? leastMs : (clock.monotonicUs() - this.#drawnUs) / 1000;
    if (sinceMs >= leastMs) this.now();
    else this.#wait(leastMs - sinceMs);
  }

  /** Whatever was drawn is gone: at once. */
  now(): void {
    if (this.#closed) return;
    const { clock, mostMs, draw } = this.#options;
    this.#drawnUs = clock.monotonicUs();
    this.#timer?.cancel();
    this.#timer = undefined;
    if (mostMs !== undefined) this.#wait(mostMs);
    draw();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #wait(ms: number): void {
    if (this.#closed) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(ms, () => this.now());
  }
}
