/** What the supervisor of workers is given, and the words in which it speaks of itself. */
import type { Clock } from '../base/clock.js';
import type { DetectdError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { WorkerPlan } from '../core/worker-plan.js';
import type { WorkerMessage } from '../ipc/protocol.js';
import type { WorkerLimits } from './worker-host.js';

export type WorkerState = 'stopped' | 'starting' | 'ready' | 'waiting';

export interface RestartDelays {
  initialMs: number;
  maxMs: number;
  /** A worker that was ready for this long has recovered: delays start over. */
  stableMs: number;
}

/** Whether the machine has memory for one more worker. */
export interface Room {
  enough: boolean;
  /** In figures, for the log. */
  why: string;
}

/** Whose failure it was, for those who judge a model by it. */
export interface WorkerFailure {
  /** By which it ran. */
  plan: WorkerPlan;
  /** GStreamer hung with this camera: no model's fault. */
  camera: string | undefined;
}

export interface WorkerSupervisorOptions {
  /** Module of the worker process. */
  module: URL;
  /** Environment for a worker of that plan. */
  env: (plan: WorkerPlan) => NodeJS.ProcessEnv;
  plan: WorkerPlan;
  limits: WorkerLimits;
  restart: RestartDelays;
  clock: Clock;
  log: Logger;
  /** Asked before a second worker is started beside one of that size; undefined when it is not known. Never rejects. */
  room: (rssBytes: number | undefined) => Promise<Room>;
  onMessage: (message: WorkerMessage) => void;
  /** A worker is gone and no camera is played. With an error it should not have ended; another follows after `delayMs`. */
  onEnded: (error: DetectdError | undefined, delayMs: number, failure?: WorkerFailure) => void;
  /** A worker failed while another one serves, or one on standby does again; the next attempt follows after `delayMs`. */
  onFault: (error: DetectdError, delayMs: number, failure?: WorkerFailure) => void;
  /** Another worker plays these cameras from now on; what it says of them comes after this. */
  onTakenOver: (cameras: string[]) => void;
}
