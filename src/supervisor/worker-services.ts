/**
 * The worker as services with a health each: the process, its inference, GStreamer in it, and the cameras. Pure, from
 * what the supervising process knows at this moment. Cameras are named without what they say: that may hold secrets.
 */
import type { DetectdError } from '../base/errors.js';
import { CAMERA_STATES, isFaulty } from '../core/camera-state.js';
import type { ServiceReport } from '../core/health-report.js';
import type { Health, HealthState } from '../core/service.js';
import type { CameraReport } from '../ipc/protocol.js';
import { actText, type Standing } from './liveness.js';

export interface WorkerFacts {
  /** Of the supervisor: what it thinks of the process. */
  health: Health;
  /** The limit at which a worker is replaced. */
  hangMs: number;
  /** What the worker that serves owes; undefined while none does. */
  standing: Standing | undefined;
  /** Why the worker that serves is being ended. */
  fault: DetectdError | undefined;
  /** What was said of each camera last. */
  cameras: readonly CameraReport[];
}

/** Opening a pipeline takes a second or two, when libraries are loaded. */
const ACT_DEGRADED_MS = 3000;
/** That many names say enough. */
const MOST_NAMED = 5;

const OK = { state: 'ok', reason: '' } as const;

export function workerServices(facts: WorkerFacts): ServiceReport[] {
  return [
    { name: 'worker', ...worker(facts) },
    { name: 'inference', ...inference(facts) },
    { name: 'gstreamer', ...gstreamer(facts) },
    { name: 'cameras', ...cameras(facts.cameras) },
  ];
}

function worker({ health, fault, standing, hangMs }: WorkerFacts): Health {
  if (health.state !== 'ok') return health;
  if (fault !== undefined) return { state: 'degraded', reason: `is being replaced: ${fault.message}` };
  if (standing === undefined || standing.act !== undefined) return OK;
  return graded(standing.silentMs, hangMs / 2, hangMs, 'its event loop has been blocked');
}

function inference({ standing, hangMs }: WorkerFacts): Health {
  if (standing === undefined) return { state: 'degraded', reason: 'no worker serves' };
  return graded(standing.owedMs ?? 0, hangMs / 2, hangMs, 'frames arrive but no result has come');
}

function gstreamer({ standing, hangMs, cameras }: WorkerFacts): Health {
  if (standing === undefined) return { state: 'degraded', reason: 'no worker serves' };
  if (standing.act === undefined) {
    const stuck = cameras.filter((report) => report.stuck === true);
    if (stuck.length === 0) return OK;
    return { state: 'degraded', reason: `decodes nothing, however often it is opened, of ${named(stuck)}` };
  }
  const limit = Math.min(ACT_DEGRADED_MS, hangMs / 2);
  return graded(standing.silentMs, limit, hangMs, `has not come back from ${actText(standing.act)}`);
}

function graded(ms: number, degradedMs: number, stuckMs: number, what: string): Health {
  const state: HealthState = ms > stuckMs ? 'stuck' : ms > degradedMs ? 'degraded' : 'ok';
  return state === 'ok' ? OK : { state, reason: `${what} for ${(ms / 1000).toFixed(1)} s` };
}

function cameras(reports: readonly CameraReport[]): Health {
  const faulty = CAMERA_STATES.filter(isFaulty).flatMap((state) => {
    const there = reports.filter((report) => report.state === state);
    return there.length === 0 ? [] : [`${state}: ${named(there)}`];
  });
  return faulty.length === 0 ? OK : { state: 'degraded', reason: faulty.join('; ') };
}

function named(reports: CameraReport[]): string {
  const names = reports
    .slice(0, MOST_NAMED)
    .map(({ camera, error }) => (error === undefined ? `"${camera}"` : `"${camera}" (${error.code})`));
  const more = reports.length - names.length;
  return `${names.join(', ')}${more === 0 ? '' : ` and ${more} more`}`;
}
