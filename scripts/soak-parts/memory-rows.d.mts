/** Types of memory-rows.mjs, for its tests. */
export interface Sample {
  atMs: number;
  pid: number;
  rss: number;
  own: number;
  files: number;
}
interface Sizes {
  settled: number | undefined;
  last: number | undefined;
  peak: number;
}
export interface Row {
  name: string;
  minutes: number;
  measuredMinutes: number;
  rss: Sizes;
  own: Sizes;
  files: { settled: number | undefined; last: number | undefined };
  verdict: string;
}
export function memoryRows(
  samples: { daemon: Sample[]; worker: Sample[] },
  options: { warmUpMs: number; ageMs: number; limit: number; resolution: number },
): Row[];
