/**
 * One try to fetch something: cut off when nothing comes for too long, when it takes too long in all, when it has to wait,
 * or when nobody wants it any more. Whoever transfers says when something came and when it holds up the other side itself.
 */
import type { Clock, Timer } from '../../base/clock.js';
import { FetchFault } from './fetch-fault.js';
import type { Waiting } from './fetch-options.js';

export interface AttemptOptions {
  /** Where it is fetched from, for people. */
  where: string;
  clock: Clock;
  /** Of whoever wants the archive. */
  signal: AbortSignal;
  stallMs: number;
  /** What is left of the time for all tries. */
  deadlineMs: number;
  mayGoOn: (() => Waiting | undefined) | undefined;
}

/** The reason of a try that was stopped to be taken up later; no failure. */
export class Paused extends Error {
  constructor(waiting: Waiting) {
    super(waiting.reason);
    this.name = 'Paused';
  }
}

/** A closing window may be overrun by this much. */
const ASK_MS = 5000;
/** A timer for longer would go off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class Attempt {
  readonly #options: AttemptOptions;
  readonly #abort = new AbortController();
  readonly #timers: Timer[] = [];
  readonly #cut = (): void => this.#abort.abort(this.#options.signal.reason);
  #stall: Timer | undefined;

  constructor(options: AttemptOptions) {
    this.#options = options;
  }

  /** Aborted with the reason that the try ends for. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  start(): void {
    const { where, clock, signal, deadlineMs, mayGoOn } = this.#options;
    if (signal.aborted) {
      this.#cut();
      return;
    }
    signal.addEventListener('abort', this.#cut, { once: true });
    this.#timers.push(
      clock.after(Math.min(deadlineMs, LONGEST_TIMER_MS), () => this.#abort.abort(tooLong(where))),
    );
    if (mayGoOn !== undefined) {
      const ask = (): void => {
        const waiting = mayGoOn();
        if (waiting !== undefined) this.#abort.abort(new Paused(waiting));
      };
      this.#timers.push(clock.every(ASK_MS, ask));
    }
    this.touch();
  }

  /** Something came. */
  touch(): void {
    const { where, clock, stallMs } = this.#options;
    this.#stall?.cancel();
    this.#stall = clock.after(stallMs, () => this.#abort.abort(stalled(where, stallMs)));
  }

  /** Waits for something of our own (the disk, the limit of bytes) in which the other side need not send. */
  async aside<T>(work: Promise<T>): Promise<T> {
    this.#stall?.cancel();
    try {
      return await work;
    } finally {
      if (!this.signal.aborted) this.touch();
    }
  }

  /** Waits for what cannot be stopped itself. Rejects with the reason when the try is cut off. */
  within<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    return new Promise((resolve, reject) => {
      const cut = (): void => reject(signal.reason);
      const done = (): void => signal.removeEventListener('abort', cut);
      if (signal.aborted) cut();
      signal.addEventListener('abort', cut, { once: true });
      work.then(resolve, reject).finally(done);
    });
  }

  close(): void {
    this.#stall?.cancel();
    for (const timer of this.#timers) timer.cancel();
    this.#options.signal.removeEventListener('abort', this.#cut);
  }
}

function stalled(where: string, ms: number): FetchFault {
  return new FetchFault(
    'UPDATE_FETCH',
    'soon',
    `Nothing came from ${where} for ${Math.round(ms / 1000)} s.`,
    {
      hint: 'Look at the network and the server; updates.stall_s sets how long to wait.',
    },
  );
}

function tooLong(where: string): FetchFault {
  return new FetchFault(
    'UPDATE_FETCH',
    'later',
    `Fetching ${where} took longer than updates.deadline_s allows.`,
    {
      hint: 'What came stays for the next try; allow more time, or look at the network.',
    },
  );
}
