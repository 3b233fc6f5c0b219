/** How long a worker may take and how soon another one follows, from the configuration; and what may end by itself. Pure. */
import { DetectdError } from '../base/errors.js';
import { endsByItself } from '../core/source.js';
import type { WorkerPlan } from '../core/worker-plan.js';
import type { Config } from './schema.js';

/** Within the five seconds that a whole daemon has to end. */
const STOP_MS = 4000;
const MAX_RESTART_DELAY_MS = 60_000;

type WorkerConfig = Pick<Config, 'worker'>;

export function workerLimits({ worker }: WorkerConfig): { startMs: number; hangMs: number; stopMs: number } {
  const { start_timeout_s, hang_timeout_s } = worker;
  return { startMs: start_timeout_s * 1000, hangMs: hang_timeout_s * 1000, stopMs: STOP_MS };
}

export function restartDelays({ worker }: WorkerConfig): {
  initialMs: number;
  maxMs: number;
  stableMs: number;
} {
  const { restart_delay_s, stable_s } = worker;
  return { initialMs: restart_delay_s * 1000, maxMs: MAX_RESTART_DELAY_MS, stableMs: stable_s * 1000 };
}

/** Throws USAGE when a daemon that is to end with its sources has one that does not end. */
export function requireFiles(plan: WorkerPlan): void {
  const endless = plan.cameras.find((camera) => !endsByItself(camera.source) || camera.loop);
  if (endless === undefined) return;
  throw new DetectdError(
    'USAGE',
    `--exit-at-end needs sources that end, but camera "${endless.name}" does not.`,
    'Use file: sources without loop, or leave --exit-at-end out.',
  );
}
