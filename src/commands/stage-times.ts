/** The times of one stage of many pictures, in a few figures. */

/** Milliseconds. */
export interface StageTimes {
  min: number;
  median: number;
  p90: number;
  p99: number;
  mean: number;
}

/** Of at least one time in ms; quantiles between two times are interpolated. */
export function stageTimes(times: readonly number[]): StageTimes {
  const sorted = Float64Array.from(times).sort();
  const sum = sorted.reduce((total, time) => total + time, 0);
  return {
    min: rounded(sorted[0] ?? Number.NaN),
    median: rounded(quantile(sorted, 0.5)),
    p90: rounded(quantile(sorted, 0.9)),
    p99: rounded(quantile(sorted, 0.99)),
    mean: rounded(sum / sorted.length),
  };
}

function quantile(sorted: Float64Array, part: number): number {
  const place = (sorted.length - 1) * part;
  const low = sorted[Math.floor(place)] ?? Number.NaN;
  const high = sorted[Math.ceil(place)] ?? Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}

function rounded(ms: number): number {
  return Number(ms.toFixed(3));
}
