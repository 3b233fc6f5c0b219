/**
 * Tells a worker that is alive from one that only exists: its event loop must beat, and while frames
 * arrive results must follow. Pure on the times it is given.
 */
export interface LivenessLimits {
  /** No heartbeat for this long: the event loop is blocked. */
  heartbeatMs: number;
  /** Frames arrived, but no result for this long: the inference hangs. */
  resultMs: number;
}

export class Liveness {
  readonly #limits: LivenessLimits;
  #lastBeatUs: number;
  /** When the first frame without a result after it was seen; undefined when none is owed. */
  #owedSinceUs: number | undefined;
  #captured = 0;

  constructor(limits: LivenessLimits, nowUs: number) {
    this.#limits = limits;
    this.#lastBeatUs = nowUs;
  }

  /** `captured` counts the frames of all cameras since the worker started. */
  heartbeat(captured: number, nowUs: number): void {
    this.#lastBeatUs = nowUs;
    if (captured > this.#captured) this.#owedSinceUs ??= nowUs;
    this.#captured = captured;
  }

  result(nowUs: number): void {
    this.#lastBeatUs = nowUs;
    this.#owedSinceUs = undefined;
  }

  /** Why the worker counts as hung, or undefined. */
  verdict(nowUs: number): string | undefined {
    const silentMs = (nowUs - this.#lastBeatUs) / 1000;
    if (silentMs > this.#limits.heartbeatMs)
      return `its event loop has been blocked for ${seconds(silentMs)} s`;
    if (this.#owedSinceUs === undefined) return undefined;
    const owedMs = (nowUs - this.#owedSinceUs) / 1000;
    return owedMs > this.#limits.resultMs
      ? `frames arrive but no result has come for ${seconds(owedMs)} s`
      : undefined;
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
