/**
 * Recordings of a camera's stream around an event, as it came: what starts one, where its last seconds lie while nothing
 * happens, and what is known of a file that was made of them.
 */
import type { ErrorData } from '../base/errors.js';

/** An object came into view, the camera was lost, somebody asked. */
export const RECORDING_REASONS = ['object', 'camera', 'command'] as const;
export type RecordingReason = (typeof RECORDING_REASONS)[number];

/** What a pipeline is told: it leaves the last seconds of its stream in a folder, in pieces of about a second. */
export interface RecordingPlan {
  /** Absolute; of this camera alone. */
  folder: string;
  /** Length of all pieces of one pipeline together, at most. */
  seconds: number;
}

/** `ts`: MPEG-TS with H.264 or H.265; `mjpg`: JPEGs one behind the other. Both may be cut and joined anywhere. */
export type RecordingForm = 'ts' | 'mjpg';

/** A piece of a stream in its folder. */
export interface PieceName {
  /** Each pipeline has another one. */
  run: string;
  /** Grows by one from piece to piece. */
  index: number;
  form: RecordingForm;
}

const PIECE = /^([a-z0-9]{1,40})-(\d{6,10})\.(ts|mjpg)$/;

/** How GStreamer names the pieces of a run; it fills in the number. */
export function piecePattern(run: string, form: RecordingForm): string {
  return `${run}-%06d.${form}`;
}

/** Undefined of a name that no piece has. */
export function parsePiece(name: string): PieceName | undefined {
  const [, run, index, form] = PIECE.exec(name) ?? [];
  if (run === undefined) return undefined;
  return { run, index: Number(index), form: form as RecordingForm };
}

/** Something that a recording shows, by the monotonic clock in µs. */
export interface RecordedMoment {
  reason: RecordingReason;
  atUs: number;
  /** Of `object`: the object's id and label. Of `camera`: its state and the reason of it, without secrets. */
  detail?: Record<string, string>;
}

/** A finished file. */
export interface Recording {
  camera: string;
  /** Absolute. */
  path: string;
  bytes: number;
  /** By the monotonic clock, in µs. */
  fromUs: number;
  toUs: number;
  /** Seconds before the first moment that were wanted and are not there; 0 when it is as it should be. */
  missingS: number;
  /** Why it ends too early; absent when it does not. */
  problem?: ErrorData;
  /** Oldest first; the first is what it is named after. */
  moments: RecordedMoment[];
}
