/**
 * Mann–Kendall: whether a series rises, by counting for all pairs which of the two is higher; with Kendall's
 * correction for ties. Memory follows itself (a high minute follows a high minute), which makes the plain
 * test cry wolf: the variance is therefore corrected by the serial correlation of the ranks about the trend
 * (H. B. Mann 1945; M. G. Kendall 1975; K. H. Hamed and A. R. Rao, "A modified Mann-Kendall trend test for
 * autocorrelated data", Journal of Hydrology 204, 1998).
 */
import { theilSen } from './theil-sen.js';

export interface TrendTest {
  /** Pairs that rise less pairs that fall. */
  s: number;
  /** Kendall's tau: s as a share of all pairs, -1 to 1. */
  tau: number;
  /** How many times larger serial correlation makes the variance of s; 1 or more. */
  inflation: number;
  /** Standard normal score of s, after both corrections. */
  z: number;
  /** Chance that a series without trend rises as much (one-sided: of falling series it is near 1). */
  pRising: number;
}

/** Score above which a serial correlation counts; smaller ones are chance and would only add noise. */
const CORRELATED = 1.645;
/** Longest lag looked at, as a share of the series: beyond it too few pairs are left to tell. */
const LONGEST_LAG = 0.25;

/** Tests `y`, evenly spaced and finite. O(n²); fewer than four values prove nothing (p 1). */
export function mannKendall(y: readonly number[]): TrendTest {
  const n = y.length;
  let s = 0;
  for (let i = 0; i < n; i += 1) {
    for (let j = i + 1; j < n; j += 1) s += Math.sign((y[j] as number) - (y[i] as number));
  }
  const plain = n < 4 ? 0 : variance(n, tieSizes(y));
  if (plain <= 0) return { s, tau: 0, inflation: 1, z: 0, pRising: 1 };
  const inflation = Math.max(1, correlationInflation(y));
  const z = s === 0 ? 0 : (s - Math.sign(s)) / Math.sqrt(plain * inflation);
  return { s, tau: s / ((n * (n - 1)) / 2), inflation, z, pRising: upperTail(z) };
}

function variance(n: number, ties: readonly number[]): number {
  const term = (count: number) => count * (count - 1) * (2 * count + 5);
  return (term(n) - ties.reduce((sum, size) => sum + term(size), 0)) / 18;
}

function tieSizes(y: readonly number[]): number[] {
  const counts = new Map<number, number>();
  for (const value of y) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.values()].filter((count) => count > 1);
}

/**
 * n/n* of Hamed and Rao, from the ranks of the distances to the Theil–Sen line. The fitted line takes some of
 * the correlation with it, so of short series it is too small: on 40 values of an autoregression of 0.6 the
 * test errs in 7 % of the cases at 1 % meant, where the plain one errs in 11 %. Corrections that hold their
 * word (S. Yue and C. Wang 2004, freed of bias) were tried, and doubled the time to find a leak in noise that
 * wanders; so chance is one witness among others here, never the only one.
 */
function correlationInflation(y: readonly number[]): number {
  const n = y.length;
  const x = y.map((_, i) => i);
  const { slope } = theilSen(x, y);
  const ranks = ranksOf(y.map((value, i) => value - slope * i));
  const middle = (n + 1) / 2;
  const power = ranks.reduce((sum, rank) => sum + (rank - middle) ** 2, 0);
  if (power === 0) return 1;
  let sum = 0;
  for (let lag = 1; lag <= n * LONGEST_LAG; lag += 1) {
    let product = 0;
    for (let i = lag; i < n; i += 1) {
      product += ((ranks[i] as number) - middle) * ((ranks[i - lag] as number) - middle);
    }
    const correlation = product / power;
    if (Math.abs(correlation) < CORRELATED / Math.sqrt(n)) continue;
    sum += (n - lag) * (n - lag - 1) * (n - lag - 2) * correlation;
  }
  return 1 + (2 * sum) / (n * (n - 1) * (n - 2));
}

/** Ranks from 1; equal values share the mean of their ranks. */
function ranksOf(values: readonly number[]): number[] {
  const order = values.map((value, i) => ({ value, i })).sort((a, b) => a.value - b.value);
  const ranks = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && order[to]?.value === order[from]?.value) to += 1;
    for (let k = from; k < to; k += 1) ranks[order[k]?.i as number] = (from + 1 + to) / 2;
    from = to;
  }
  return ranks;
}

/**
 * P(Z > z) of the standard normal: near zero by Abramowitz and Stegun 26.2.17, in the tail, where its fixed
 * error would drown the value, by the continued fraction 26.2.14.
 */
export function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z > 3) {
    let fraction = z;
    for (let term = 24; term >= 1; term -= 1) fraction = z + term / fraction;
    return density / fraction;
  }
  const k = 1 / (1 + 0.2316419 * z);
  const terms = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153];
  return density * terms.reduce((sum, term) => (sum + term) * k, 0);
}
