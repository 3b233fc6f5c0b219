/**
 * What the leak detector says about one series of memory: a word, the numbers behind it, and one sentence
 * for people. Plain data, so that metrics, MQTT and the remedies read the same.
 */

export type LeakWord =
  /** Too little was seen since the process started, or it is still settling. */
  | 'warming up'
  /** Neither rises nor falls more than its noise. */
  | 'steady'
  /** The level changed once and stayed: a camera, a model, a larger batch. */
  | 'step'
  /** Rises and falls back again and again: garbage collection, caches that are flushed. */
  | 'saw-tooth'
  /** Rises, but too little, too briefly or not regularly enough to be called a leak. */
  | 'rising'
  | 'leak'
  /** Falls and keeps falling. */
  | 'shrinking';

export interface LeakVerdict {
  verdict: LeakWord;
  /** Robust slope over the decisive window, above 0 when memory is being lost. */
  bytesPerHour: number;
  /** Chance that a series without trend looks like this (corrected Mann–Kendall); 1 when nothing is known. */
  significance: number;
  /** Begin of what is described, in the time of the samples: of the leak, the step, the window. */
  since: number;
  /** Median of the newest minutes. */
  bytes: number;
  /** Time until the limit at this slope; only for a leak towards a limit that was given. 0: it is reached. */
  limitReachedInMs?: number;
  /** One sentence with the numbers. */
  reason: string;
}

const MB = 1e6;

/** "61 MB", "0.4 MB"; bytes below zero keep their sign. */
export function inMegabytes(bytes: number): string {
  const megabytes = bytes / MB;
  const digits = Math.abs(megabytes) < 9.95 ? 1 : 0;
  return `${megabytes.toFixed(digits).replace(/^-(0(?:\.0)?)$/, '$1')} MB`;
}

/** "29 s", "40 min", "5.2 h", "3.1 days". */
export function inHours(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 1.5) return `${Math.round(minutes * 60)} s`;
  if (minutes < 90) return `${Math.round(minutes)} min`;
  if (minutes < 48 * 60) return `${(minutes / 60).toFixed(1)} h`;
  return `${(minutes / 1440).toFixed(1)} days`;
}
