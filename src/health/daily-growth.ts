/**
 * Slow leaks under a daily rhythm: each hour is compared with the same hour of the days before (the
 * seasonal Kendall test of R. M. Hirsch, J. R. Slack and R. A. Smith, "Techniques of trend analysis for
 * monthly water quality data", Water Resources Research 18, 1982, with times of day for months). What comes
 * back every day cancels; a few megabytes a day do not.
 */
import type { GrowthLimits } from './growth-test.js';
import { upperTail } from './mann-kendall.js';
import { quantile } from './theil-sen.js';

export interface DailyGrowth {
  leak: boolean;
  /** Bytes per hour: the median over all pairs of days at the same hour. */
  slope: number;
  /** Bytes from the first day to the last. */
  bytes: number;
  significance: number;
}

/** Fewer days could be two cameras that were added on two days. */
export const MIN_DAYS = 4;
/** Times of day within this many hours rise and fall together, and count as one witness. */
const ONE_WITNESS_H = 4;
const SIGNIFICANT = 1e-3;
/** Share of the times of day that must tell the same story, and most of the growth that one night may hold. */
const MOST = 0.7;
const ONE_NIGHT = 0.6;

/**
 * Tests days of equal length against each other: `days[d][s]` is the value of day d at time of day s, NaN
 * where there is none. Oldest day first.
 */
export function dailyGrowth(days: readonly (readonly number[])[], limits: GrowthLimits): DailyGrowth {
  const seasons = days[0]?.length ?? 0;
  const slopes: number[] = [];
  let s = 0;
  let variance = 0;
  let complete = 0;
  let even = 0;
  for (let season = 0; season < seasons; season += 1) {
    const values = days.map((day) => day[season] as number);
    if (values.some(Number.isNaN)) continue;
    complete += 1;
    const n = values.length;
    variance += (n * (n - 1) * (2 * n + 5)) / 18;
    for (let i = 0; i < n; i += 1) {
      for (let j = i + 1; j < n; j += 1) {
        const rise = (values[j] as number) - (values[i] as number);
        s += Math.sign(rise);
        slopes.push(rise / (24 * (j - i)));
      }
    }
    if (isEven(values)) even += 1;
  }
  if (complete < seasons / 2 || complete === 0 || days.length < 2) {
    return { leak: false, slope: 0, bytes: 0, significance: 1 };
  }
  const slope = quantile(slopes, 0.5);
  const bytes = slope * 24 * (days.length - 1);
  // k witnesses that say the same: their sum has k times the deviation of one, not √k times.
  const together = Math.max(1, (ONE_WITNESS_H * seasons) / 24);
  const significance = upperTail((s - Math.sign(s)) / Math.sqrt(variance * together));
  const leak =
    days.length >= MIN_DAYS &&
    bytes >= limits.minGrowthBytes &&
    significance <= SIGNIFICANT &&
    even >= MOST * complete;
  return { leak, slope, bytes, significance };
}

/** Rises, and not in one night: a level that changed once is no leak. */
function isEven(values: readonly number[]): boolean {
  const growth = (values.at(-1) as number) - (values[0] as number);
  const largest = Math.max(...values.slice(1).map((value, i) => value - (values[i] as number)));
  return growth > 0 && largest <= ONE_NIGHT * growth;
}
