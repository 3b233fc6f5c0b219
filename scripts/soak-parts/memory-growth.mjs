/**
 * How fast memory grows: Theil–Sen's slope over medians of equal spans of time, in percent of the first level per hour,
 * with an interval of two standard errors. These follow from the deviation of the medians from the line, widened where
 * one follows the other (AR(1), n_eff = n·(1−r)/(1+r)); about 95 %, for a series that a line describes. What is judged
 * is the interval: half of it is what the run could resolve, and a slope smaller than that it cannot tell from none.
 */
import { theilSen } from '../../dist/health/theil-sen.js';

const BINS = 24;
const LEAST_BINS = 6;
/** Below this even a steady process cannot be told from one that grows. */
const LEAST_MINUTES = 15;
const HOUR_MS = 3_600_000;

/** `samples`: [{ atMs, bytes }] in the order of time. Undefined for too few. */
export function growth(samples) {
  const bins = medians(samples);
  if (bins.length < LEAST_BINS) return undefined;
  const hours = bins.map(({ atMs }) => atMs / HOUR_MS);
  const { slope, intercept } = theilSen(
    hours,
    bins.map(({ bytes }) => bytes),
  );
  const rests = bins.map(({ bytes }, index) => bytes - intercept - slope * hours[index]);
  const mean = rests.reduce((sum, rest) => sum + rest, 0) / rests.length;
  const power = rests.reduce((sum, rest) => sum + (rest - mean) ** 2, 0);
  const follows = rests.slice(1).reduce((sum, rest, index) => sum + (rest - mean) * (rests[index] - mean), 0);
  const r = power > 0 ? Math.min(0.9, Math.max(0, follows / power)) : 0;
  const middle = hours.reduce((sum, hour) => sum + hour, 0) / hours.length;
  const moment = hours.reduce((sum, hour) => sum + (hour - middle) ** 2, 0);
  const deviation = Math.sqrt(power / (rests.length - 2));
  const error = (deviation / Math.sqrt(moment)) * Math.sqrt((1 + r) / (1 - r));
  const level = bins[0].bytes;
  return {
    minutes: (samples.at(-1).atMs - samples[0].atMs) / 60_000,
    percentPerHour: (100 * slope) / level,
    plusMinus: (200 * error) / level,
  };
}

/**
 * `holds` and `falls short` when the whole interval says so. Else the run could not tell: `no growth seen` when it resolved
 * `resolution` (percent per hour) or better, `not resolved` when it did not.
 */
export function judgement(trend, limit, resolution) {
  if (trend === undefined || trend.minutes < LEAST_MINUTES) return 'too short to tell';
  const { percentPerHour, plusMinus } = trend;
  if (percentPerHour + plusMinus <= limit) return 'holds';
  if (percentPerHour - plusMinus > limit) return 'falls short';
  return plusMinus <= resolution ? 'no growth seen' : 'not resolved';
}

function medians(samples) {
  if (samples.length < 2) return [];
  const start = samples[0].atMs;
  const span = (samples.at(-1).atMs - start + 1) / BINS;
  const bins = Array.from({ length: BINS }, () => []);
  for (const sample of samples) bins[Math.floor((sample.atMs - start) / span)].push(sample);
  return bins
    .filter((bin) => bin.length > 0)
    .map((bin) => ({ atMs: middleOf(bin, 'atMs') - start, bytes: middleOf(bin, 'bytes') }));
}

function middleOf(bin, key) {
  const sorted = bin.map((sample) => sample[key]).sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}
