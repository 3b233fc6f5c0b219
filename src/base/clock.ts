/**
 * Time as a dependency, so that tests advance it by hand. `monotonicUs` is read from the system-wide
 * monotonic clock and is therefore comparable between the processes of one machine.
 */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Microseconds of the system's monotonic clock; exact as a double for 285 years of uptime. */
  monotonicUs(): number;
  /** Milliseconds since the Unix epoch. May jump. */
  wallMs(): number;
  /** Calls `run` once after `ms`. The timer does not keep the process alive when `background`. */
  after(ms: number, run: () => void, options?: { background?: boolean }): Timer;
  /** Calls `run` every `ms` until cancelled. */
  every(ms: number, run: () => void, options?: { background?: boolean }): Timer;
}

export const systemClock: Clock = {
  monotonicUs: () => Number(process.hrtime.bigint() / 1000n),
  wallMs: () => Date.now(),
  after: (ms, run, options) => {
    const timer = setTimeout(run, ms);
    if (options?.background) timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
  every: (ms, run, options) => {
    const timer = setInterval(run, ms);
    if (options?.background) timer.unref();
    return { cancel: () => clearInterval(timer) };
  },
};

/** Resolves after `ms`, or as soon as `signal` is aborted. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(ms, done);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** Resolves after `ms` of the given clock. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}
