/** What is told of cameras and models when nobody looks after them any more. Pure. */
import type { ErrorData } from '../base/errors.js';
import type { ModelState } from '../core/model-state.js';
import type { CameraStatus } from './schemas/camera-status-schema.js';

/** A model for which nobody builds any more. */
export function idle(state: ModelState): ModelState {
  return { ...state, phase: 'waiting', building: undefined };
}

type Facts = { camera: string; state: CameraStatus; reconnects: number; error?: ErrorData | undefined };

/** A camera as it stands when nobody reads it any more: of what it was then nothing is left but why it was offline. */
export function closed<T extends Facts>(facts: T): T | Facts {
  if (facts.state === 'disabled' || facts.state === 'ended') return facts;
  const { camera, state, reconnects, error } = facts;
  return { camera, state: 'offline', reconnects, ...(state === 'offline' ? { error } : {}) };
}
