/** What this process and its worker have used, for the log: at the end, and for benchmarks while they run. */

import type { Logger } from '../base/logger.js';
import { allDrops } from '../core/drops.js';
import type { CameraCounters, WorkerUsage } from '../ipc/protocol.js';
import type { PublisherCounters } from '../publish/mqtt-publisher.js';
import type { CameraEntry } from '../supervisor/camera-board.js';

/** What both processes have used at one moment, and for how many frames. */
export function logUsage(log: Logger, worker: WorkerUsage | undefined, counters: CameraCounters[]): void {
  const frames = counters.reduce((total, { analysed }) => total + analysed, 0);
  log.info({ usage: { worker, cpuMs: ownCpuMs(), frames } }, 'usage');
}

/** The last line of the log. */
export function logSummary(
  log: Logger,
  worker: WorkerUsage | undefined,
  entries: CameraEntry[],
  mqtt: PublisherCounters,
): void {
  const cameras = entries.map(({ camera, analysed, drops }) => ({
    ...{ camera, analysed },
    dropped: allDrops(drops),
  }));
  const usage = { worker, cpuMs: ownCpuMs(), rssBytes: process.memoryUsage.rss() };
  log.info({ cameras, usage, mqtt }, 'stopped');
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
