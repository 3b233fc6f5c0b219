/**
 * The frame rate cap where GStreamer's own does not hold: streams that announce no frame rate pass through
 * `videorate` untouched. A frame may come up to one interval early, so that jitter costs none.
 */
export class Pace {
  readonly #intervalUs: number;
  #nextUs = 0;

  /** @param fps most frames per second */
  constructor(fps: number) {
    this.#intervalUs = 1_000_000 / fps;
  }

  /** Milliseconds until the next frame may be taken. */
  waitMs(nowUs: number): number {
    return Math.max(0, (this.#nextUs - nowUs) / 1000);
  }

  /** A frame was taken. */
  took(nowUs: number): void {
    this.#nextUs = Math.max(this.#nextUs, nowUs - this.#intervalUs) + this.#intervalUs;
  }
}
