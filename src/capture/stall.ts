/**
 * Whether a camera has stalled, and where: half-way to the limit it is noted how much the source has delivered, so that
 * at the limit a decoder that swallows is told from a source that is silent. Nothing is asked while pictures come.
 */
export type StallPlace =
  /** Nothing tells more. */
  | 'somewhere'
  /** Data arrives, and no picture comes of it. */
  | 'decoder';

export interface StallLimits {
  limitMs: number;
  patienceMs: number;
}

export class Stall {
  /** Since when a picture is awaited; undefined while the consumer is the one to wait for. */
  #sinceUs: number | undefined;
  #arrivedBefore: number | undefined;

  /** A picture is awaited from now on. */
  await(nowUs: number): void {
    this.#sinceUs = nowUs;
    this.#arrivedBefore = undefined;
  }

  /** None is awaited. */
  rest(): void {
    this.#sinceUs = undefined;
  }

  /**
   * @param limitMs how long nothing at all may come
   * @param patienceMs how long a picture may take while data arrives, or nobody counts it
   * @param arrived bytes that the source has delivered so far, where that is known
   */
  verdict(
    nowUs: number,
    { limitMs, patienceMs }: StallLimits,
    arrived: () => number | undefined,
  ): StallPlace | undefined {
    if (this.#sinceUs === undefined) return undefined;
    const waitedMs = (nowUs - this.#sinceUs) / 1000;
    if (waitedMs < limitMs) {
      if (waitedMs >= limitMs / 2) this.#arrivedBefore ??= arrived();
      return undefined;
    }
    const before = this.#arrivedBefore;
    const comes = before !== undefined && (arrived() ?? 0) > before;
    if (waitedMs < patienceMs && (comes || before === undefined)) return undefined;
    return comes ? 'decoder' : 'somewhere';
  }
}
