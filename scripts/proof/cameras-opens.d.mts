export interface Held {
  rssKb: number;
  threads: number;
  descriptors: number;
  frames: number;
  pipelines: number;
  reconnects: number;
}

export interface MeasureOptions {
  opens: number;
  reconnects: number;
  warmOpens?: number;
  warmReconnects?: number;
}

/** Before, after the failed opens, and after the reconnects. */
export function measureOpens(
  options: MeasureOptions,
): Promise<{ impossible: string } | { impossible?: undefined; start: Held; refused: Held; end: Held }>;

/** Why it cannot be measured here; undefined when it can. */
export function cannotRun(): string | undefined;
