/** What is told of cameras and models when nobody looks after them any more. Pure. */
import type { ModelState } from '../core/model-state.js';
import type { CameraStatus } from './schemas/camera-status-schema.js';

/** A model for which nobody builds any more. */
export function idle(state: ModelState): ModelState {
  return { ...state, phase: 'waiting', building: undefined };
}

/** A camera as it stands when nobody reads it any more. */
export function closed<T extends { state: CameraStatus }>(facts: T): T {
  if (facts.state === 'disabled' || facts.state === 'ended') return facts;
  return { ...facts, state: 'offline', fps: undefined, lastFrameAgeMs: undefined };
}
