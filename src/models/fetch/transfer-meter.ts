/** How far a transfer is and how long it will take, from what has come lately; told a few times a second. */
import type { Clock } from '../../base/clock.js';
import type { UpdateProgress } from '../../core/model-update.js';

const TELL_US = 250_000;
/** A rate over less time is noise. */
const RATE_US = 1_000_000;
/** Part of the rate so far that the newest second replaces. */
const NEW_SHARE = 0.2;

export class TransferMeter {
  readonly #clock: Clock;
  readonly #tell: (progress: UpdateProgress) => void;
  #done = 0;
  #total: number | undefined;
  #waiting: string | undefined;
  #toldUs: number | undefined;
  /** Bytes per microsecond. */
  #rate: number | undefined;
  #mark: { us: number; done: number };

  constructor(clock: Clock, tell: (progress: UpdateProgress) => void) {
    this.#clock = clock;
    this.#tell = tell;
    this.#mark = { us: clock.monotonicUs(), done: 0 };
  }

  /** Begins with what was there before, which says nothing about the rate. */
  begin(done: number, total: number | undefined): void {
    this.#done = done;
    this.#total = total;
    this.#mark = { us: this.#clock.monotonicUs(), done };
    this.#say();
  }

  note(done: number, total: number | undefined): void {
    const us = this.#clock.monotonicUs();
    this.#done = done;
    this.#total = total;
    const sinceUs = us - this.#mark.us;
    if (sinceUs >= RATE_US) {
      const lately = Math.max(0, done - this.#mark.done) / sinceUs;
      this.#rate = this.#rate === undefined ? lately : this.#rate + (lately - this.#rate) * NEW_SHARE;
      this.#mark = { us, done };
    }
    if (done === total || this.#toldUs === undefined || us - this.#toldUs >= TELL_US) this.#say();
  }

  /** It waits for something, or goes on. */
  waiting(reason: string | undefined): void {
    if (reason === this.#waiting) return;
    this.#waiting = reason;
    // What was waited does not make the transfer slow.
    this.#mark = { us: this.#clock.monotonicUs(), done: this.#done };
    this.#say();
  }

  #say(): void {
    this.#toldUs = this.#clock.monotonicUs();
    const left = this.#total === undefined ? undefined : Math.max(0, this.#total - this.#done);
    const known = left !== undefined && (this.#rate ?? 0) > 0;
    const leftMs = known ? Math.round((left as number) / (this.#rate as number) / 1000) : undefined;
    this.#tell({ done: this.#done, total: this.#total, leftMs, waiting: this.#waiting });
  }
}
