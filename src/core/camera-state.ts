/**
 * The states of a camera, in one place: a worker says them, the daemon publishes them, and every reader asks here what
 * they mean.
 */

/** What a worker says of a camera. */
export const CAMERA_STATES = [
  'connecting',
  'online',
  /** Pictures come, and each is like the one before. */
  'frozen',
  /** Pictures come, and nothing can be told apart in them. */
  'black',
  /** Pictures have ceased; it is being opened anew. */
  'stalled',
  'offline',
  /** A file that was played to its end. */
  'ended',
] as const;
export type CameraState = (typeof CAMERA_STATES)[number];

/** What is published of it. */
export const SHOWN_STATES = [...CAMERA_STATES, 'disabled'] as const;
export type ShownState = (typeof SHOWN_STATES)[number];

const DELIVERING: ReadonlySet<string> = new Set<CameraState>(['online', 'frozen', 'black']);
const FAULTY: ReadonlySet<string> = new Set<CameraState>(['frozen', 'black', 'stalled', 'offline']);

/** Whether pictures come in this state, whatever they show. */
export function delivers(state: string | undefined): boolean {
  return state !== undefined && DELIVERING.has(state);
}

/** Whether somebody should have a look at a camera in this state. */
export function isFaulty(state: string): boolean {
  return FAULTY.has(state);
}
