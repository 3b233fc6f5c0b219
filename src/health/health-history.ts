/** The last hour, minute by minute, for the small graphs of `detectd status`. */
import type { HealthReport } from '../core/health-report.js';

type History = HealthReport['history'];
/** What is kept of one look; undefined where nothing is known. */
export type HistoryPoint = {
  [Key in Exclude<keyof History, 'intervalS'>]: number | undefined;
};

const MINUTE_MS = 60_000;
const MINUTES = 60;

export class HealthHistory {
  readonly #points: { minute: number; point: HistoryPoint }[] = [];

  /** Of each minute the last look counts. */
  add(nowMs: number, point: HistoryPoint): void {
    const minute = Math.floor(nowMs / MINUTE_MS);
    const last = this.#points.at(-1);
    if (last !== undefined && last.minute >= minute) {
      last.point = point;
      return;
    }
    this.#points.push({ minute, point });
    while ((this.#points[0]?.minute ?? minute) <= minute - MINUTES) this.#points.shift();
  }

  /** Oldest first; minutes without a look are null. */
  report(): History {
    const values = (key: keyof HistoryPoint): (number | null)[] =>
      this.#minutes().map((at) => at?.[key] ?? null);
    return {
      intervalS: MINUTE_MS / 1000,
      availableBytes: values('availableBytes'),
      workerBytes: values('workerBytes'),
      gpuBytes: values('gpuBytes'),
      fps: values('fps'),
      hottestC: values('hottestC'),
    };
  }

  #minutes(): (HistoryPoint | undefined)[] {
    const first = this.#points[0]?.minute;
    if (first === undefined) return [];
    const last = this.#points.at(-1)?.minute ?? first;
    const minutes = new Array<HistoryPoint | undefined>(last - first + 1).fill(undefined);
    for (const { minute, point } of this.#points) minutes[minute - first] = point;
    return minutes;
  }
}
