/**
 * The windows in which growth is looked for: from 24 minutes to 70 hours, each 1.4 times the one before, so
 * that fast leaks are found soon and slow ones at all, at a cost that does not grow with the days. Which is
 * due when, and what each says, kept with how often it said so in a row.
 */
import { dailyGrowth, MIN_DAYS } from './daily-growth.js';
import { type Growth, type GrowthLimits, judgeGrowth } from './growth-test.js';
import { BIN_MS, COARSE_MS, type Grain, type MemorySeries } from './memory-series.js';

export interface LeakWindow {
  grain: Grain;
  /** Ring bins to a bin of the window, and bins to the window. */
  step: number;
  count: number;
}

/** A window that was judged. */
export interface Finding {
  growth: Growth;
  spanMs: number;
  /** Age of the series, and where in it the growth began. */
  ageMs: number;
  sinceHours: number;
  /** How many times more often than not it looked like a leak, lately. */
  seen: number;
}

const COUNTS = [32, 44];
export const LEAK_WINDOWS: readonly LeakWindow[] = [
  ...[1, 2, 4].flatMap((step) => COUNTS.map((count): LeakWindow => ({ grain: 'fine', step, count }))),
  ...[1, 2, 4, 8, 16].flatMap((step) =>
    COUNTS.map((count): LeakWindow => ({ grain: 'coarse', step, count })),
  ),
];
/** The shortest time after the warm-up that says anything. */
export const SHORTEST_MS = 32 * BIN_MS.fine;
/** Share of the bins that must have samples. */
const ENOUGH = 0.7;
const DAY_COARSES = 240;
const SEASON_COARSES = 8;
const MAX_DAYS = 8;

/** Whether a window has a new bin of its own at the end of ring bin `end`. */
export function isDue({ step }: LeakWindow, end: number): boolean {
  return (end + 1) % step === 0;
}

/** Judges one window that ends with the newest bin; undefined when it is not filled since the warm-up. */
export function judgeWindow(
  series: MemorySeries,
  window: LeakWindow,
  warmUpMs: number,
  limits: GrowthLimits,
): Omit<Finding, 'seen'> | undefined {
  const { grain, step, count } = window;
  const end = series.newest(grain);
  const first = end + 1 - step * count;
  const startMs = first * BIN_MS[grain];
  if (startMs < warmUpMs) return undefined;
  const now = series.stretch(grain, end, step, count);
  if (now.bytes.length < ENOUGH * count) return undefined;
  const before = series.stretch(
    grain,
    first - 1,
    step,
    Math.min(Math.ceil(count / 2), Math.floor(first / step)),
  );
  const growth = judgeGrowth(
    {
      hours: now.hours,
      bytes: now.bytes,
      hoursBefore: before.hours,
      bytesBefore: before.bytes,
      pastHours: (startMs - warmUpMs) / 3_600_000,
      past: () => series.past(warmUpMs, startMs),
    },
    limits,
  );
  const spanMs = step * count * BIN_MS[grain];
  return { growth, spanMs, ageMs: series.ageMs, sinceHours: startMs / 3_600_000 };
}

/** Compares the last days hour by hour; undefined when there are too few since the warm-up. */
export function judgeDays(
  series: MemorySeries,
  warmUpMs: number,
  limits: GrowthLimits,
): Omit<Finding, 'seen'> | undefined {
  const end = series.newest('coarse');
  const whole = Math.floor((end + 1 - Math.ceil(warmUpMs / COARSE_MS)) / DAY_COARSES);
  let best: Omit<Finding, 'seen'> | undefined;
  for (let count = MIN_DAYS; count <= Math.min(whole, MAX_DAYS); count += 1) {
    const days = Array.from({ length: count }, (_, day) =>
      dayOf(series, end - (count - 1 - day) * DAY_COARSES),
    );
    const { leak, slope, bytes, significance } = dailyGrowth(days, limits);
    if (best !== undefined && !leak) continue;
    const growth: Growth = {
      refused: leak ? undefined : 'small',
      slope,
      bytes,
      end: series.level(),
      significance,
    };
    const spanMs = count * 86_400_000;
    best = { growth, spanMs, ageMs: series.ageMs, sinceHours: (series.ageMs - spanMs) / 3_600_000 };
  }
  return best;
}

/** Means of the times of day, of the 24 hours that end with ring bin `end`. */
function dayOf(series: MemorySeries, end: number): number[] {
  const values: number[] = [];
  for (let from = end + 1 - DAY_COARSES; from <= end; from += SEASON_COARSES) {
    values.push(series.mean('coarse', from, SEASON_COARSES));
  }
  return values;
}
