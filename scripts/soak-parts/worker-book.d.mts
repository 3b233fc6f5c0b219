/** Types of worker-book.mjs, for its tests. */
export class WorkerBook {
  pid: number | undefined;
  starts: number;
  afterKill: number;
  renewed: number;
  unplanned: string[];
  killing(): number | undefined;
  take(line: { msg: string; pid?: number; beside?: number; reason?: string; code?: string }): void;
}
