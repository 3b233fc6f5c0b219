/**
 * Tells a worker that is alive from one that only exists: its event loop must beat, and a frame that was given
 * to the model must come back. Pure on the times it is given.
 */
export interface LivenessLimits {
  /** No sign of life for this long: the event loop is blocked. */
  heartbeatMs: number;
  /** A frame is with the model for this long: the inference hangs. */
  resultMs: number;
}

export class Liveness {
  readonly #limits: LivenessLimits;
  #lastBeatUs: number;
  /** When the model was given, or last answered while it had more, what it has not answered; undefined when it owes nothing. */
  #owedSinceUs: number | undefined;

  constructor(limits: LivenessLimits, nowUs: number) {
    this.#limits = limits;
    this.#lastBeatUs = nowUs;
  }

  /** `inferringMs`: how long the model has owed an answer; null when it owes none. */
  heartbeat(inferringMs: number | null, nowUs: number): void {
    this.#lastBeatUs = nowUs;
    this.#owedSinceUs = inferringMs === null ? undefined : nowUs - inferringMs * 1000;
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
