/**
 * A question that costs something, as a process that is started: asked as rarely as keeps it below a share of one core,
 * and its last answer serves in between, with its age. Whoever takes it never waits long.
 */
import type { Clock, Timer } from '../base/clock.js';

export interface RareProbeOptions<T> {
  /** Must not reject. One is started only when the one before has returned. */
  look: () => Promise<T>;
  clock: Clock;
  /** Times of an answer's wall time (which bounds its CPU time) until the question is put again. */
  restRatio: number;
  /** However long it took. */
  mostGapMs: number;
  /** How long take() waits for an answer that is on its way. */
  patienceMs: number;
  /** Older answers are forgotten. */
  mostAgeMs: number;
}

export interface Remembered<T> {
  value: T;
  /** When it was known, by the monotonic clock. */
  atMs: number;
}

export class RareProbe<T> {
  readonly #options: RareProbeOptions<T>;
  #last: Remembered<T> | undefined;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #pending: Promise<void> | undefined;

  constructor(options: RareProbeOptions<T>) {
    this.#options = options;
  }

  /** The newest answer; undefined when there is none yet or only an old one. Never rejects. */
  async take(): Promise<Remembered<T> | undefined> {
    if (this.#nowMs() >= this.#notBeforeMs) this.#pending ??= this.#ask();
    if (this.#pending !== undefined) await this.#patiently(this.#pending);
    const last = this.#last;
    return last === undefined || this.#nowMs() - last.atMs > this.#options.mostAgeMs ? undefined : last;
  }

  async #ask(): Promise<void> {
    const { look, restRatio, mostGapMs } = this.#options;
    const startMs = this.#nowMs();
    const value = await look();
    const atMs = this.#nowMs();
    this.#last = { value, atMs };
    this.#notBeforeMs = atMs + Math.min(mostGapMs, (atMs - startMs) * restRatio);
    this.#pending = undefined;
  }

  #patiently(pending: Promise<void>): Promise<void> {
    let timer: Timer | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = this.#options.clock.after(this.#options.patienceMs, resolve, { background: true });
    });
    return Promise.race([pending, patience]).finally(() => timer?.cancel());
  }

  #nowMs(): number {
    return this.#options.clock.monotonicUs() / 1000;
  }
}
