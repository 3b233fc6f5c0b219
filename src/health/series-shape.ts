/**
 * What a stretch of memory that is no leak looks like: steady, one step, teeth, rising or shrinking. For
 * people and metrics; nothing is done because of it.
 */
import { levelFits } from './level-fit.js';
import { mannKendall } from './mann-kendall.js';
import { quantile, theilSen } from './theil-sen.js';

export interface SeriesShape {
  word: 'steady' | 'step' | 'saw-tooth' | 'rising' | 'shrinking';
  /** y per unit of x, robust. */
  slope: number;
  /** Corrected chance that a series without trend moves as much, in the direction it moves. */
  significance: number;
  /** Size of the step (down: below 0) or of the teeth; of a trend what it moved. */
  size: number;
  /** Index at which the step or the window begins. */
  from: number;
  /** How many teeth were seen. */
  teeth: number;
}

/** A tooth is at least this share of the range, and this many times the noise between neighbours. */
const TOOTH_OF_RANGE = 0.4;
const TOOTH_OF_NOISE = 5;
/** Two levels that leave less than this share of the squared distances to one level: a step. */
const STEP_FITS = 0.35;
const SIGNIFICANT = 0.01;

/** Names the shape of `y` over `x`; what moves less than `smallest` bytes is steady. */
export function shapeOf(x: readonly number[], y: readonly number[], smallest: number): SeriesShape {
  const trend = theilSen(x, y);
  const test = mannKendall(y);
  const moved = y.length < 2 ? 0 : trend.slope * ((x.at(-1) as number) - (x[0] as number));
  const significance = Math.min(test.pRising, 1 - test.pRising);
  const shape: SeriesShape = {
    word: 'steady',
    slope: trend.slope,
    significance,
    size: moved,
    from: 0,
    teeth: 0,
  };
  if (y.length < 8) return shape;
  const range = Math.max(...y) - Math.min(...y);
  if (range === 0) return shape;
  const height = Math.max(TOOTH_OF_RANGE * range, TOOTH_OF_NOISE * neighbourNoise(y), smallest);
  const teeth = countTeeth(y, height);
  if (teeth >= 2) return { ...shape, word: 'saw-tooth', size: range, teeth };
  const [one, two] = levelFits(y, 2, 3);
  const size = ((two?.levels[1] as number) ?? 0) - ((two?.levels[0] as number) ?? 0);
  if (one !== undefined && two !== undefined && Math.abs(size) >= smallest) {
    const line = y.reduce(
      (sum, value, i) => sum + (value - trend.intercept - trend.slope * (x[i] as number)) ** 2,
      0,
    );
    if (two.cost < STEP_FITS * one.cost && two.cost < line) {
      return { ...shape, word: 'step', size, from: two.jumps[0] as number };
    }
  }
  if (significance > SIGNIFICANT || Math.abs(moved) < smallest) return shape;
  return { ...shape, word: moved > 0 ? 'rising' : 'shrinking' };
}

/** Spread of the differences of neighbours, from their median: jumps and flushes do not count. */
function neighbourNoise(y: readonly number[]): number {
  const steps = y.slice(1).map((value, i) => Math.abs(value - (y[i] as number)));
  return 1.05 * quantile(steps, 0.5);
}

/** Falls of at least `height` that came after a rise of as much. */
function countTeeth(y: readonly number[], height: number): number {
  let teeth = 0;
  let low = y[0] as number;
  let high = y[0] as number;
  let rising = false;
  for (const value of y) {
    if (rising) {
      high = Math.max(high, value);
      if (high - value >= height) {
        teeth += 1;
        rising = false;
        low = value;
      }
    } else {
      low = Math.min(low, value);
      if (value - low >= height) {
        rising = true;
        high = value;
      }
    }
  }
  return teeth;
}
