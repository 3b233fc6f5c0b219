/**
 * A fault that repeats becomes one line and a count: the first is reported at once, the following ones
 * are counted and reported once per interval, so that a broken cable cannot fill the disk with logs.
 */
import type { Clock } from './clock.js';

export interface RepeatedFaultOptions {
  clock: Clock;
  /** At most one report per fault key in this time. */
  intervalMs?: number;
  /** `count` is how often the fault came since the last report, this one included. */
  report: (key: string, detail: unknown, count: number) => void;
  /** Oldest keys are forgotten beyond this many. */
  maxKeys?: number;
}

interface Seen {
  lastReportUs: number;
  suppressed: number;
}

export class RepeatedFault {
  readonly #options: RepeatedFaultOptions;
  readonly #seen = new Map<string, Seen>();

  constructor(options: RepeatedFaultOptions) {
    this.#options = options;
  }

  /** Notes that the fault `key` happened; reports it unless it was reported lately. */
  note(key: string, detail?: unknown): void {
    const { clock, intervalMs = 60_000, report, maxKeys = 256 } = this.#options;
    const now = clock.monotonicUs();
    const seen = this.#seen.get(key);
    if (seen !== undefined && now - seen.lastReportUs < intervalMs * 1000) {
      seen.suppressed += 1;
      return;
    }
    const count = (seen?.suppressed ?? 0) + 1;
    this.#seen.delete(key);
    this.#seen.set(key, { lastReportUs: now, suppressed: 0 });
    if (this.#seen.size > maxKeys) {
      const oldest = this.#seen.keys().next();
      if (!oldest.done) this.#seen.delete(oldest.value);
    }
    report(key, detail, count);
  }

  /** Forgets a fault that is cured: its next occurrence is reported at once. */
  cured(key: string): void {
    this.#seen.delete(key);
  }
}
