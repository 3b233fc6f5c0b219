/**
 * Tries again what fails for the moment, with growing pauses, for as long as something comes of it: failures in a row
 * without progress are counted, time is counted in all, and waiting for the time window is neither.
 */
import { Backoff } from '../../base/backoff.js';
import { pause } from '../../base/clock.js';
import { Attempt, Paused } from './attempt.js';
import { FetchFault } from './fetch-fault.js';
import type { FetchOptions } from './fetch-options.js';

/** In a row, without progress. */
const MOST_FAILURES = 5;
/** Less is no progress: a server that gives a byte at a time would be asked for ever. */
const PROGRESS_BYTES = 16_384;
/** How often it is asked whether the waiting is over, where nobody knows when. */
const ASK_MS = 60_000;
/** A server that wants to be left alone for longer has the whole fetch fail for now. */
const LONGEST_PAUSE_MS = 300_000;
const FIRST_PAUSE_MS = 1000;

export type TriesOptions = Pick<FetchOptions, 'limits' | 'clock' | 'signal' | 'mayGoOn' | 'random'> & {
  /** Where it is fetched from, for people. */
  where: string;
  /** Bytes of the archive that are there. */
  done: () => number;
  /** Nothing can go on at the moment, and why; undefined when it goes on. */
  onWaiting: (reason: string | undefined) => void;
};

export class Tries {
  readonly #options: TriesOptions;
  #leftMs: number;
  #best: number;
  #failures = 0;
  #backoff: Backoff;

  constructor(options: TriesOptions) {
    this.#options = options;
    this.#leftMs = options.limits.deadlineMs;
    this.#best = options.done();
    this.#backoff = this.#freshBackoff();
  }

  /**
   * What `work` gives in the end. Rejects with the FetchFault that is not worth another try now, with the reason of the
   * signal, or with what is no FetchFault.
   */
  async run<T>(work: (attempt: Attempt) => Promise<T>): Promise<T> {
    const { clock, signal, onWaiting } = this.#options;
    for (;;) {
      await this.#allowed();
      const fault = await this.#try(work);
      if (!(fault instanceof FetchFault)) return fault.result;
      const pauseMs = this.#judge(fault);
      onWaiting(`it is tried again: ${fault.message.replace(/\.$/, '')}`);
      this.#leftMs -= pauseMs;
      await pause(clock, pauseMs, signal);
      onWaiting(undefined);
    }
  }

  /** One try, and again for each pause in it. */
  async #try<T>(work: (attempt: Attempt) => Promise<T>): Promise<{ result: T } | FetchFault> {
    const { where, clock, signal, limits, mayGoOn } = this.#options;
    for (;;) {
      const deadlineMs = Math.max(0, this.#leftMs);
      const attempt = new Attempt({ where, clock, signal, stallMs: limits.stallMs, deadlineMs, mayGoOn });
      const beganUs = clock.monotonicUs();
      attempt.start();
      try {
        attempt.signal.throwIfAborted();
        return { result: await work(attempt) };
      } catch (thrown) {
        // What a cut connection makes of it says less than why it was cut.
        const reason = attempt.signal.aborted ? attempt.signal.reason : thrown;
        if (reason instanceof FetchFault) return reason;
        if (!(reason instanceof Paused)) throw reason;
      } finally {
        attempt.close();
        this.#leftMs -= (clock.monotonicUs() - beganUs) / 1000;
      }
      await this.#allowed();
    }
  }

  /** Milliseconds to wait before the next try. Throws the fault when there should be none. */
  #judge(fault: FetchFault): number {
    if (fault.again !== 'soon') throw fault;
    const done = this.#options.done();
    if (done >= this.#best + PROGRESS_BYTES) {
      this.#failures = 0;
      this.#backoff = this.#freshBackoff();
    }
    this.#best = Math.max(this.#best, done);
    this.#failures += 1;
    const pauseMs = Math.max(this.#backoff.next(), fault.afterMs ?? 0);
    if (this.#failures >= MOST_FAILURES || pauseMs > LONGEST_PAUSE_MS || pauseMs >= this.#leftMs) throw fault;
    return pauseMs;
  }

  /** Waits until nothing speaks against fetching. */
  async #allowed(): Promise<void> {
    const { clock, signal, mayGoOn, onWaiting } = this.#options;
    signal.throwIfAborted();
    for (let waiting = mayGoOn?.(); waiting !== undefined; waiting = mayGoOn?.()) {
      onWaiting(waiting.reason);
      // Clocks jump: never trusted for longer than a minute.
      await pause(clock, Math.max(1, Math.min(waiting.forMs ?? ASK_MS, ASK_MS)), signal);
      signal.throwIfAborted();
    }
    onWaiting(undefined);
  }

  #freshBackoff(): Backoff {
    const { clock, random } = this.#options;
    return new Backoff({
      initialMs: FIRST_PAUSE_MS,
      maxMs: 60_000,
      stableMs: 60_000,
      clock,
      ...(random === undefined ? {} : { random }),
    });
  }
}
