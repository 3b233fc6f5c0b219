/**
 * Decides of one window of a memory series whether it shows a leak. Statistics alone would call every
 * morning a leak, so the growth must also matter, be spread over the whole window (not a few jumps), not be
 * slowing down (not a warm-up), lift the troughs (not a tooth), and reach beyond what was reached before
 * without harm (not yesterday's peak). The first of these that fails is the answer.
 */
import { levelFits } from './level-fit.js';
import { mannKendall } from './mann-kendall.js';
import { quantile, type Trend, theilSen } from './theil-sen.js';

/** Why growth in a window is not a leak; `flat` has no growth. */
export type NoLeak =
  | 'flat'
  | 'small'
  | 'uncertain'
  | 'troughs stay'
  | 'settling'
  | 'jumps'
  | 'reached before';

export interface Growth {
  refused: NoLeak | undefined;
  /** Bytes per hour. */
  slope: number;
  /** Bytes over the window, and the level at which it ends. */
  bytes: number;
  end: number;
  significance: number;
}

export interface GrowthWindow {
  /** Hours, rising, and bytes; of the same length, finite. */
  hours: readonly number[];
  bytes: readonly number[];
  /** What came just before, for at most half the time; may be empty. */
  hoursBefore: readonly number[];
  bytesBefore: readonly number[];
  /** Hours between the warm-up and the window. */
  pastHours: number;
  /** Everything kept from before the window (warm-up left out); asked for only when all else says leak. */
  past: () => readonly number[];
}

export interface GrowthLimits {
  /** Growth that matters at all, in bytes. */
  minGrowthBytes: number;
  /** What a healthy day may swing, in bytes: a window shorter than that swing lasts must grow more. */
  dailySwingBytes: number;
}

/** Chance of error at which a trend is believed. */
const SIGNIFICANT = 1e-3;
/** Share of the growth that the troughs must show. */
const TROUGHS_RISE = 0.4;
/** A second half that grows by less than this share of the first is slowing down; so is a last quarter that
 * grows by less than this share of the whole. */
const SLOWING = 0.5;
const STOPPING = 0.3;
/** Standard errors by which a slope must differ to say so. */
const SURE = 1.5;
/** A first half that grows by less than this share of the second: it has only begun, and may be a ramp. */
const BEGINNING = 0.2;
/** Growth before the window that was this many times faster says the same. */
const FASTER_BEFORE = 1.4;
/** Squared distances of 2, 3 and 4 levels that are below this share of the line's: jumps, not growth. */
const JUMPS_FIT = [0.75, 0.55, 0.4];
/** Values needed of the past before its peak means something. */
const MIN_PAST = 5;
/** The peak and the floor of the past: rare bursts of a few minutes do not hide a leak. */
const PEAK = 0.98;
const FLOOR = 0.1;
/** How far beyond its peak a series that moved may go: this share of its range, and of a day's swing. */
const BEYOND = 0.5;
/** Hours within which a load is put on: what rises for longer must rise this many times more to matter. */
const LOAD_HOURS = 0.6;
const LONG = 2;
/** With fewer hours of the past than these, caches may be filling for the first time, and growth must be large. */
const YOUNG_HOURS = 4;
const YOUNG = 1.5;

/** Judges one window; at least eight values are needed to say anything but "uncertain". */
export function judgeGrowth(window: GrowthWindow, limits: GrowthLimits): Growth {
  const { hours, bytes } = window;
  const trend = theilSen(hours, bytes);
  const span = bytes.length < 2 ? 0 : (hours.at(-1) as number) - (hours[0] as number);
  const growth: Growth = {
    refused: undefined,
    slope: trend.slope,
    bytes: trend.slope * span,
    end: trend.intercept + trend.slope * (hours.at(-1) ?? 0),
    significance: 1,
  };
  if (bytes.length < 8) return { ...growth, refused: 'uncertain' };
  // Most windows of a healthy process end here, before anything costly. What noise may have hidden counts in favour.
  if (growth.bytes + trend.error * span < neededGrowth(span, window.pastHours, limits)) {
    return { ...growth, refused: growth.bytes > 0 ? 'small' : 'flat' };
  }
  const significance = mannKendall(bytes).pRising;
  const judged = { ...growth, significance };
  const refused = (why: NoLeak): Growth => ({ ...judged, refused: why });
  if (significance > SIGNIFICANT) return refused('uncertain');
  if (!troughsRise(bytes, growth.bytes)) return refused('troughs stay');
  if (isSlowing(window, trend)) return refused('settling');
  if (jumpsFit(hours, bytes, trend)) return refused('jumps');
  if (wasReachedBefore(window, limits)) return refused('reached before');
  return judged;
}

/**
 * Growth in bytes that a window of so many hours must show, with so many hours known before it: a day that
 * swings as a sine grows by its part within the window at its steepest.
 */
export function neededGrowth(hours: number, pastHours: number, limits: GrowthLimits): number {
  const { minGrowthBytes, dailySwingBytes } = limits;
  const part = Math.sin((Math.PI * Math.min(hours, 12)) / 24);
  const young = pastHours < YOUNG_HOURS && hours < YOUNG_HOURS ? YOUNG * dailySwingBytes : 0;
  return Math.max(minGrowthBytes * (hours > LOAD_HOURS ? LONG : 1), dailySwingBytes * part, young);
}

function troughsRise(bytes: readonly number[], growth: number): boolean {
  const third = Math.floor(bytes.length / 3);
  const rise = quantile(bytes.slice(-third), 0.2) - quantile(bytes.slice(0, third), 0.2);
  return rise >= TROUGHS_RISE * growth * (2 / 3);
}

/** Whether growth was faster earlier, by more than the noise could feign. */
function isSlowing({ hours, bytes, hoursBefore, bytesBefore }: GrowthWindow, whole: Trend): boolean {
  const half = Math.floor(bytes.length / 2);
  const first = theilSen(hours.slice(0, half), bytes.slice(0, half));
  const second = theilSen(hours.slice(-half), bytes.slice(-half));
  if (SLOWING * first.slope - second.slope > SURE * (first.error + second.error)) return true;
  const quarter = Math.floor(bytes.length / 4);
  const last = theilSen(hours.slice(-quarter), bytes.slice(-quarter));
  if (STOPPING * whole.slope - last.slope > SURE * last.error) return true;
  if (bytesBefore.length < 4) return false;
  const before = theilSen(hoursBefore, bytesBefore);
  return before.slope - FASTER_BEFORE * whole.slope > before.error;
}

function jumpsFit(hours: readonly number[], bytes: readonly number[], line: Trend): boolean {
  const cost = bytes.reduce(
    (sum, value, i) => sum + (value - line.intercept - line.slope * (hours[i] as number)) ** 2,
    0,
  );
  const half = Math.floor(bytes.length / 2);
  const first = theilSen(hours.slice(0, half), bytes.slice(0, half));
  const second = theilSen(hours.slice(-half), bytes.slice(-half));
  if (BEGINNING * second.slope - first.slope > first.error + second.error) return true;
  const fits = levelFits(bytes, JUMPS_FIT.length + 1);
  return JUMPS_FIT.some((share, i) => (fits[i + 1]?.cost ?? Number.POSITIVE_INFINITY) < share * cost);
}

function wasReachedBefore({ bytes, past }: GrowthWindow, limits: GrowthLimits): boolean {
  const values = past();
  if (values.length < MIN_PAST) return false;
  const now = quantile(bytes.slice(-Math.floor(bytes.length / 3)), 0.5);
  const peak = quantile(values, PEAK);
  const range = peak - quantile(values, FLOOR);
  return now < peak + BEYOND * Math.min(range, limits.dailySwingBytes);
}
