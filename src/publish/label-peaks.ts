/** How many of each label there are in one place: the most in one frame since the last look, so that one frame without does not make them go. */

/** Labels with at least one. */
export type LabelCounts = Record<string, number>;

/** A model has at most a few thousand; a message with more would be of no use. */
const MAX_LABELS = 256;

export class LabelPeaks {
  readonly #most = new Map<string, number>();
  /** Of the frame at hand; kept, so that a frame makes none. */
  readonly #frame = new Map<string, number>();

  add(label: string): void {
    this.#frame.set(label, (this.#frame.get(label) ?? 0) + 1);
  }

  endFrame(): void {
    if (this.#frame.size === 0) return;
    const most = this.#most;
    for (const [label, count] of this.#frame)
      if (count > (most.get(label) ?? 0) && (most.size < MAX_LABELS || most.has(label)))
        most.set(label, count);
    this.#frame.clear();
  }

  /** What there was, sorted; what follows counts anew. */
  take(): LabelCounts {
    const labels = Object.fromEntries([...this.#most].sort(([a], [b]) => (a < b ? -1 : 1)));
    this.#most.clear();
    return labels;
  }
}
