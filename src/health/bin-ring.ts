/**
 * The newest values of a series, one per bin of equal time, in memory that does not grow. Bins are numbered
 * from the beginning of the series; a bin without a value is NaN, so gaps stay visible.
 */

/** Share of the bins of a mean that must have a value. */
const ENOUGH = 0.5;

export class BinRing {
  readonly #values: Float64Array;
  #newest = -1;

  /** Keeps `capacity` bins. */
  constructor(capacity: number) {
    this.#values = new Float64Array(capacity).fill(Number.NaN);
  }

  /** Number of the newest bin; -1 of none. */
  get newest(): number {
    return this.#newest;
  }

  /** Number of the oldest bin that is kept. */
  get oldest(): number {
    return Math.max(0, this.#newest - this.#values.length + 1);
  }

  /** Puts a value into a bin; bins that were passed over become empty. A bin that is gone is not written. */
  set(bin: number, value: number): void {
    const passed = Math.min(bin - this.#newest, this.#values.length);
    for (let back = 0; back < passed; back += 1) {
      this.#values[(bin - back) % this.#values.length] = Number.NaN;
    }
    this.#newest = Math.max(this.#newest, bin);
    if (bin >= this.oldest) this.#values[bin % this.#values.length] = value;
  }

  /** The value of a bin; NaN where there is none, or none any more. */
  at(bin: number): number {
    if (bin < this.oldest || bin > this.#newest) return Number.NaN;
    return this.#values[bin % this.#values.length] as number;
  }

  /** Mean of the bins from `from` on, `count` of them; NaN when fewer than half have a value. */
  mean(from: number, count: number): number {
    let sum = 0;
    let found = 0;
    for (let bin = from; bin < from + count; bin += 1) {
      const value = this.at(bin);
      if (Number.isNaN(value)) continue;
      sum += value;
      found += 1;
    }
    return found > 0 && found >= count * ENOUGH ? sum / found : Number.NaN;
  }

  /** The values there are from bin `from` up to and without `to`. */
  valuesBetween(from: number, to: number): number[] {
    const values: number[] = [];
    for (let bin = Math.max(from, this.oldest); bin < Math.min(to, this.#newest + 1); bin += 1) {
      const value = this.at(bin);
      if (!Number.isNaN(value)) values.push(value);
    }
    return values;
  }

  clear(): void {
    this.#values.fill(Number.NaN);
    this.#newest = -1;
  }
}
