/**
 * The life of a camera as a table: what a phase becomes when something happens, and what to do about it.
 * Pure; camera.ts acts on it.
 */
import { type CameraState, delivers } from '../core/camera-state.js';
import type { Sight } from './picture-watch.js';

export type CameraEvent =
  | { type: 'picture'; sight: Sight }
  /** The stream ended by itself after this many frames since it was last played. */
  | { type: 'end'; frames: number }
  /** No picture came for too long. */
  | { type: 'stall' }
  /** It has been frozen for long. */
  | { type: 'renew' }
  /** `permanent`: trying again cannot help, e.g. a pipeline that cannot be built. */
  | { type: 'fault'; permanent: boolean };

export interface CameraTraits {
  /** The source ends by itself: a file. */
  finite: boolean;
  loop: boolean;
}

/**
 * `none`: go on. `replay`: from the start, at once. `reopen`: stop and play again at once, since it fails. `retry`: stop,
 * wait, play again. `give-up`: stop and stay so. `close`: it is over.
 */
export type CameraAction = 'none' | 'replay' | 'reopen' | 'retry' | 'give-up' | 'close';

export interface CameraStep {
  state: CameraState;
  action: CameraAction;
  /** An end that is a fault: of a stream that should not end, or of a file without a picture. */
  fault?: 'stream-ended' | 'no-picture';
}

export function nextStep(state: CameraState, event: CameraEvent, traits: CameraTraits): CameraStep {
  if (state === 'ended') return { state, action: 'none' };
  switch (event.type) {
    case 'picture':
      return { state: event.sight, action: 'none' };
    case 'renew':
      return { state, action: 'reopen' };
    case 'end':
      if (!traits.finite) return { state: 'offline', action: 'retry', fault: 'stream-ended' };
      if (event.frames === 0) {
        return traits.loop
          ? { state: 'offline', action: 'retry', fault: 'no-picture' }
          : { state: 'ended', action: 'close', fault: 'no-picture' };
      }
      return traits.loop ? { state, action: 'replay' } : { state: 'ended', action: 'close' };
    case 'stall':
      if (traits.finite) return nextStep(state, { type: 'fault', permanent: false }, traits);
      return delivers(state) ? { state: 'stalled', action: 'reopen' } : { state: 'offline', action: 'retry' };
    case 'fault':
      if (traits.finite && !traits.loop) return { state: 'ended', action: 'close' };
      return { state: 'offline', action: event.permanent ? 'give-up' : 'retry' };
  }
}
