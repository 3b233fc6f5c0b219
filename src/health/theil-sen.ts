/**
 * Theil–Sen: the slope of a series as the median of the slopes of all its pairs. Up to 29 % of the values
 * may be wild without moving it far, which least squares cannot say of one (H. Theil 1950; P. K. Sen,
 * "Estimates of the regression coefficient based on Kendall's tau", JASA 63, 1968).
 */

export interface Trend {
  /** Change of y per unit of x. */
  slope: number;
  /** y at x = 0. */
  intercept: number;
  /** Spread of y about the line: 1.4826 times the median distance, a standard deviation where it is normal. */
  spread: number;
  /** Standard error of the slope, as if the distances were independent. */
  error: number;
}

/** Makes the median distance comparable to the standard deviation of normal values. */
const MAD_TO_SIGMA = 1.4826;

/**
 * The line through `y` over `x` (same length, x rising, all finite); O(n²), meant for tens of values.
 * Fewer than two values have no slope: 0, without spread.
 */
export function theilSen(x: readonly number[], y: readonly number[]): Trend {
  const slopes = new Float64Array((x.length * (x.length - 1)) / 2);
  let pairs = 0;
  for (let i = 0; i < x.length; i += 1) {
    for (let j = i + 1; j < x.length; j += 1) {
      const run = (x[j] as number) - (x[i] as number);
      if (run <= 0) continue;
      slopes[pairs] = ((y[j] as number) - (y[i] as number)) / run;
      pairs += 1;
    }
  }
  const slope = pairs === 0 ? 0 : quantile(slopes.subarray(0, pairs), 0.5);
  const rests = y.map((value, i) => value - slope * (x[i] as number));
  const intercept = rests.length === 0 ? 0 : quantile(rests, 0.5);
  const distances = rests.map((rest) => Math.abs(rest - intercept));
  const spread = pairs === 0 ? 0 : MAD_TO_SIGMA * quantile(distances, 0.5);
  const middle = x.reduce((sum, value) => sum + value, 0) / Math.max(1, x.length);
  const moment = x.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return { slope, intercept, spread, error: moment > 0 ? spread / Math.sqrt(moment) : 0 };
}

/** The value below which a share of `values` lies (0 to 1, between neighbours in proportion); NaN of none. */
export function quantile(values: readonly number[] | Float64Array, share: number): number {
  if (values.length === 0) return Number.NaN;
  const places = new Float64Array(values);
  const place = share * (places.length - 1);
  const low = select(places, Math.floor(place));
  if (Number.isInteger(place)) return low;
  // All values behind the selected one are at least as large.
  const high = places.subarray(Math.floor(place) + 1).reduce((least, value) => Math.min(least, value));
  return low + (high - low) * (place - Math.floor(place));
}

/** Puts the value of rank `k` where it belongs, smaller ones before it (C. A. R. Hoare's FIND), and returns it. */
function select(values: Float64Array, k: number): number {
  let from = 0;
  let to = values.length - 1;
  while (from < to) {
    const pivot = values[(from + to) >> 1] as number;
    let i = from;
    let j = to;
    while (i <= j) {
      while ((values[i] as number) < pivot) i += 1;
      while ((values[j] as number) > pivot) j -= 1;
      if (i > j) break;
      const swapped = values[i] as number;
      values[i] = values[j] as number;
      values[j] = swapped;
      i += 1;
      j -= 1;
    }
    if (k <= j) to = j;
    else if (k >= i) from = i;
    else break;
  }
  return values[k] as number;
}
