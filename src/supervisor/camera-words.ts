/** What was said of each camera last, by whichever worker plays it; its pictures are never told out of order. */
import type { CameraReport, WorkerMessage } from '../ipc/protocol.js';

export class CameraWords {
  /** Capture time of each camera's newest result. */
  readonly #newestUs = new Map<string, number>();
  readonly #reports = new Map<string, CameraReport>();

  /** Takes note of a message; false for a result that is older than one that was told. */
  admits(message: WorkerMessage): boolean {
    if (message.type === 'result') {
      const { camera, capturedAtUs } = message.result;
      if (capturedAtUs < (this.#newestUs.get(camera) ?? 0)) return false;
      this.#newestUs.set(camera, capturedAtUs);
    } else if (message.type === 'camera') {
      this.#reports.set(message.report.camera, message.report);
    }
    return true;
  }

  /** Forgets all cameras but these. */
  keep(cameras: ReadonlySet<string>): void {
    for (const seen of [this.#newestUs, this.#reports])
      for (const camera of seen.keys()) if (!cameras.has(camera)) seen.delete(camera);
  }

  /** Nobody plays any: what was said counts no more. */
  workerGone(): void {
    this.#reports.clear();
  }

  reports(): CameraReport[] {
    return [...this.#reports.values()];
  }

  /** Of which its worker decodes nothing, however often it opens them. */
  stuck(): string[] {
    return this.reports().flatMap(({ camera, stuck }) => (stuck === true ? [camera] : []));
  }
}
