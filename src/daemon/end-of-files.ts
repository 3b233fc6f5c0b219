/** Whether a daemon that is to end with its files has come to that end: pure. */
import { DetectdError } from '../base/errors.js';
import type { CameraEntry } from '../supervisor/camera-board.js';

export interface End {
  /** Why a file could not be read. */
  error: DetectdError | undefined;
}

/** Undefined while a file plays. One that failed is the end of all. */
export function endOfFiles(entries: readonly CameraEntry[]): End | undefined {
  const cameras = entries.filter(({ state }) => state !== 'disabled');
  const failed = cameras.find(({ error }) => error !== undefined);
  if (failed?.error !== undefined) return { error: DetectdError.fromData(failed.error) };
  return cameras.every(({ state }) => state === 'ended') ? { error: undefined } : undefined;
}
