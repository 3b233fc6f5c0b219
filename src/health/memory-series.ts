/**
 * One series of memory samples, kept small: means of 45 s for the last hours, medians of 6 min for eight days,
 * 19 kB in all however many samples come. Gaps stay gaps; a clock that steps back goes on where it was; what
 * is no number is left out.
 */
import { BinRing } from './bin-ring.js';
import { quantile } from './theil-sen.js';

export interface MemorySample {
  /** Milliseconds, monotonic. */
  atMs: number;
  bytes: number;
}

/** A stretch of the series in bins of equal length; bins without samples are left out. */
export interface Stretch {
  /** Hours since the first sample, the middle of each bin. */
  hours: number[];
  bytes: number[];
}

export type Grain = 'fine' | 'coarse';

export const FINE_MS = 45_000;
const COARSE_FINES = 8;
export const COARSE_MS = FINE_MS * COARSE_FINES;
export const BIN_MS: Record<Grain, number> = { fine: FINE_MS, coarse: COARSE_MS };
/** 4.4 hours and 8 days. */
const FINE_BINS = 352;
const COARSE_BINS = 1920;
/** Samples of a bin that are kept; of more only the newest count. */
const MAX_SAMPLES = 64;

export class MemorySeries {
  readonly #rings: Record<Grain, BinRing> = {
    fine: new BinRing(FINE_BINS),
    coarse: new BinRing(COARSE_BINS),
  };
  readonly #samples: number[] = [];
  #taken = 0;
  #bin = 0;
  /** Time of the samples at hour 0; undefined before the first. Moves when the clock steps back. */
  #origin: number | undefined;
  #lastMs = 0;

  /** Takes a sample; true when it closed a fine bin, so that there is something new to judge. */
  add({ atMs, bytes }: MemorySample): boolean {
    if (!Number.isFinite(bytes) || !Number.isSafeInteger(Math.trunc(atMs))) return false;
    this.#origin ??= atMs;
    if (atMs - this.#origin < this.#lastMs) this.#origin = atMs - this.#lastMs;
    this.#lastMs = atMs - this.#origin;
    const bin = Math.floor(this.#lastMs / FINE_MS);
    const closes = bin > this.#bin && this.#taken > 0;
    if (bin > this.#bin) this.#close(bin);
    this.#samples[this.#taken % MAX_SAMPLES] = bytes;
    this.#taken += 1;
    return closes;
  }

  /** Milliseconds from the first sample to the newest. */
  get ageMs(): number {
    return this.#lastMs;
  }

  /** Number of the newest closed bin; -1 of none. */
  newest(grain: Grain): number {
    return this.#rings[grain].newest;
  }

  /** Hours since the first sample as the time of the samples. */
  atMs(hours: number): number {
    return (this.#origin ?? 0) + hours * 3_600_000;
  }

  /** `count` bins of `step` ring bins each, the last of which ends with ring bin `end`. */
  stretch(grain: Grain, end: number, step: number, count: number): Stretch {
    const stretch: Stretch = { hours: [], bytes: [] };
    const first = end + 1 - step * count;
    for (let from = first; from <= end; from += step) {
      const value = from < 0 ? Number.NaN : this.#rings[grain].mean(from, step);
      if (Number.isNaN(value)) continue;
      stretch.hours.push(((from + step / 2) * BIN_MS[grain]) / 3_600_000);
      stretch.bytes.push(value);
    }
    return stretch;
  }

  /** Mean of `count` ring bins; NaN when fewer than half of them have samples. */
  mean(grain: Grain, from: number, count: number): number {
    return this.#rings[grain].mean(from, count);
  }

  /** The medians of 6 min that began between two ages, as far as they are kept. */
  past(fromMs: number, toMs: number): number[] {
    return this.#rings.coarse.valuesBetween(Math.ceil(fromMs / COARSE_MS), Math.floor(toMs / COARSE_MS));
  }

  /** The median of the newest eight fine bins; of the newest samples before there are any. */
  level(): number {
    const { fine } = this.#rings;
    const values = fine.valuesBetween(fine.newest + 1 - COARSE_FINES, fine.newest + 1);
    return quantile(values.length > 0 ? values : this.#samples, 0.5);
  }

  /** Forgets everything: the next sample is the first of a new series. */
  clear(): void {
    this.#rings.fine.clear();
    this.#rings.coarse.clear();
    this.#samples.length = 0;
    this.#taken = 0;
    this.#bin = 0;
    this.#origin = undefined;
    this.#lastMs = 0;
  }

  #close(next: number): void {
    const { fine, coarse } = this.#rings;
    if (this.#taken > 0) fine.set(this.#bin, meanWithoutOutliers(this.#samples));
    const group = Math.floor(this.#bin / COARSE_FINES);
    if (Math.floor(next / COARSE_FINES) > group) {
      const values = fine.valuesBetween(group * COARSE_FINES, (group + 1) * COARSE_FINES);
      if (values.length > 0) coarse.set(group, quantile(values, 0.5));
    }
    this.#samples.length = 0;
    this.#taken = 0;
    this.#bin = next;
  }
}

/** Values further from the median than this many median distances are left out of the mean. */
const OUTLYING = 5;

/** The mean tells more than the median of the few samples of a bin, but for the one that is wild. */
function meanWithoutOutliers(values: readonly number[]): number {
  const middle = quantile(values, 0.5);
  const distances = values.map((value) => Math.abs(value - middle));
  const most = OUTLYING * quantile(distances, 0.5);
  let sum = 0;
  let count = 0;
  values.forEach((value, i) => {
    if ((distances[i] as number) > most) return;
    sum += value;
    count += 1;
  });
  return sum / count;
}
