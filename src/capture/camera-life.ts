/**
 * The life of a camera as a table: what a phase becomes when something happens, and what to do about it.
 * Pure; camera.ts acts on it.
 */
import type { CameraState } from '../ipc/protocol.js';

export type CameraEvent =
  | { type: 'frame' }
  /** The stream ended by itself after this many frames since it was last played. */
  | { type: 'end'; frames: number }
  /** `permanent`: trying again cannot help, e.g. a pipeline that cannot be built. */
  | { type: 'fault'; permanent: boolean };

export interface CameraTraits {
  /** The source ends by itself: a file. */
  finite: boolean;
  loop: boolean;
}

/**
 * `none`: go on. `replay`: from the start, at once. `retry`: stop, wait, play again. `give-up`: stop and stay
 * so. `close`: it is over.
 */
export type CameraAction = 'none' | 'replay' | 'retry' | 'give-up' | 'close';

export interface CameraStep {
  state: CameraState;
  action: CameraAction;
  /** An end that is a fault: of a stream that should not end, or of a file without a picture. */
  fault?: 'stream-ended' | 'no-picture';
}

export function nextStep(state: CameraState, event: CameraEvent, traits: CameraTraits): CameraStep {
  if (state === 'ended') return { state, action: 'none' };
  switch (event.type) {
    case 'frame':
      return { state: 'online', action: 'none' };
    case 'end':
      if (!traits.finite) return { state: 'offline', action: 'retry', fault: 'stream-ended' };
      if (event.frames === 0) {
        return traits.loop
          ? { state: 'offline', action: 'retry', fault: 'no-picture' }
          : { state: 'ended', action: 'close', fault: 'no-picture' };
      }
      return traits.loop ? { state: 'online', action: 'replay' } : { state: 'ended', action: 'close' };
    case 'fault':
      if (traits.finite && !traits.loop) return { state: 'ended', action: 'close' };
      return { state: 'offline', action: event.permanent ? 'give-up' : 'retry' };
  }
}
