/** A clock on which time passes `factor` times as fast, so that what waits for half a minute is over in a moment. */
export function quickClock(factor) {
  const startedMs = Date.now();
  const timer = (handle, stop) => ({ cancel: () => stop(handle) });
  return {
    monotonicUs: () => Math.round(performance.now() * 1000 * factor),
    wallMs: () => startedMs + (Date.now() - startedMs) * factor,
    after: (ms, run) => timer(setTimeout(run, ms / factor), clearTimeout),
    every: (ms, run) => timer(setInterval(run, ms / factor), clearInterval),
  };
}
