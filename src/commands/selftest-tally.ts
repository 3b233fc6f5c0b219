/**
 * The account of one self test: every message that came, what was right in it, when, and what was missing.
 * Time is handed in, so that it can be tried without any.
 */
import type { SelftestMessage } from './selftest-message.js';
import { percentile, scoreMessage } from './selftest-score.js';

/** Ratios, rates and latencies are null where nothing was measured. */
export interface SelftestFigures {
  /** Part of the detections that are right. */
  precision: number | null;
  /** Part of the objects that were found. */
  recall: number | null;
  /** Messages per second. */
  fps: number | null;
  /** From the capture of a picture to the receipt of its message. */
  latency_ms: { p50: number | null; p99: number | null };
  frames: number;
  /** Detections that were right and wrong, and objects that were not found. */
  objects: { right: number; wrong: number; missed: number };
  /** Messages that were sent, by their numbers, but did not come. */
  lost: number;
  /** Messages that are no detections with their truth. */
  unreadable: number;
}

/** Latencies kept for the percentiles; a longer run is told by its newest ones. */
const MOST_LATENCIES = 100_000;

export class SelftestTally {
  readonly #objects = { right: 0, wrong: 0, missed: 0 };
  readonly #latencies: number[] = [];
  #frames = 0;
  #unreadable = 0;
  #lost = 0;
  #lastSeq: number | undefined;
  #firstUs = 0;
  #lastUs = 0;

  get frames(): number {
    return this.#frames;
  }

  /** A message that could be read, received at this time of both clocks. */
  add(message: SelftestMessage, receivedMs: number, monotonicUs: number): void {
    const { seq, capturedMs } = message;
    // Also a number that came before, or out of order, is one that is not where it belongs.
    if (this.#lastSeq !== undefined && seq !== this.#lastSeq + 1)
      this.#lost += Math.max(1, seq - this.#lastSeq - 1);
    this.#lastSeq = seq;
    if (this.#frames === 0) this.#firstUs = monotonicUs;
    this.#lastUs = monotonicUs;
    this.#latencies[this.#frames % MOST_LATENCIES] = Math.max(0, receivedMs - capturedMs);
    this.#frames += 1;
    const { right, wrong, missed } = scoreMessage(message);
    this.#objects.right += right;
    this.#objects.wrong += wrong;
    this.#objects.missed += missed;
  }

  addUnreadable(): void {
    this.#unreadable += 1;
  }

  figures(): SelftestFigures {
    const { right, wrong, missed } = this.#objects;
    const seconds = (this.#lastUs - this.#firstUs) / 1e6;
    return {
      precision: rounded(right / (right + wrong), 4),
      recall: rounded(right / (right + missed), 4),
      fps: rounded((this.#frames - 1) / seconds, 1),
      latency_ms: {
        p50: rounded(percentile(this.#latencies, 0.5), 1),
        p99: rounded(percentile(this.#latencies, 0.99), 1),
      },
      frames: this.#frames,
      objects: { right, wrong, missed },
      lost: this.#lost,
      unreadable: this.#unreadable,
    };
  }
}

function rounded(value: number, digits: number): number | null {
  return Number.isFinite(value) ? Number(value.toFixed(digits)) : null;
}
