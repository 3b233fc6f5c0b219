/**
 * The one state that the whole device is in, from the states of its parts: what the status topic, systemd's
 * STATUS line and `detectd status` show. Pure.
 */
import { delivers, isFaulty } from '../core/camera-state.js';
import type { Health } from '../core/service.js';
import type { CameraEntry } from './camera-board.js';
import type { WorkerState } from './supervision.js';

export interface DeviceState {
  state: 'starting' | 'updating' | 'ready' | 'degraded';
  /** Why it is not ready, for people; empty when it is. */
  reason: string;
}

export interface DeviceParts {
  /** `failing`: the worker before this one ended with an error. */
  worker: { state: WorkerState; health: Health; failing: boolean };
  /** Health of everything else, by name. */
  services: { name: string; health: Health }[];
  cameras: CameraEntry[];
  /** What is not as it should be with the models, each a sentence. */
  complaints?: readonly string[];
  /** False until a worker has been ready once. */
  everReady: boolean;
}

/** A broken switch takes every camera away; their own topics say why. */
const MOST_NAMED = 3;

export function deviceState(parts: DeviceParts): DeviceState {
  const { worker, services, cameras, complaints = [], everReady } = parts;
  if (worker.state === 'starting' && !worker.failing)
    return { state: everReady ? 'updating' : 'starting', reason: worker.health.reason };
  const reasons: string[] = [];
  if (worker.health.state !== 'ok') reasons.push(`worker: ${worker.health.reason}`);
  for (const { name, health } of services)
    if (health.state !== 'ok') reasons.push(`${name}: ${health.reason}`);
  reasons.push(...complaints.slice(0, MOST_NAMED));
  const faulty = cameras.filter(
    ({ state, error }) => isFaulty(state) || (state === 'ended' && error !== undefined),
  );
  for (const { camera, error, state } of faulty.slice(0, MOST_NAMED))
    reasons.push(`camera "${camera}": ${error?.message ?? state}`);
  if (faulty.length > MOST_NAMED) reasons.push(`And ${faulty.length - MOST_NAMED} more cameras.`);
  return reasons.length === 0
    ? { state: 'ready', reason: '' }
    : { state: 'degraded', reason: reasons.join(' ') };
}

/** One line for `systemctl status`; `work` is what goes on beside the detection. */
export function statusLine(device: DeviceState, cameras: CameraEntry[], work?: string): string {
  const enabled = cameras.filter((camera) => camera.state !== 'disabled');
  const online = enabled.filter(({ state }) => delivers(state)).length;
  const fps = enabled.reduce((sum, camera) => sum + (camera.fps ?? 0), 0);
  const figures = `${online} of ${enabled.length} cameras online, ${fps.toFixed(1)} frames/s`;
  const more = [device.reason, work ?? ''].filter((text) => text !== '');
  return [`${device.state}: ${figures}`, ...more].join('; ');
}
