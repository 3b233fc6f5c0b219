/** Types of memory-growth.mjs, for its tests. */
export interface Growth {
  minutes: number;
  percentPerHour: number;
  plusMinus: number;
}
export function growth(samples: { atMs: number; bytes: number }[]): Growth | undefined;
export function judgement(trend: Growth | undefined, limit: number, resolution: number): string;
