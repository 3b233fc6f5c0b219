/** What happened to one object in front of a camera. Each event holds the whole state, so that any of them can be the first. */
import type { Box } from './detection.js';
import type { ModelIdentity } from './frame-result.js';

export const TRACK_EVENT_TYPES = ['new', 'update', 'end'] as const;
export type TrackEventType = (typeof TRACK_EVENT_TYPES)[number];

export interface TrackEvent {
  type: TrackEventType;
  /** Never given twice, whatever restarts. */
  id: string;
  camera: string;
  label: string;
  labelId: number;
  /** Clock.monotonicUs() at its first and its latest sight. */
  startUs: number;
  seenUs: number;
  /** Of the latest sight, and the best of all, 0 to 1. */
  score: number;
  topScore: number;
  /** Of the latest sight, in pixels of a picture of this size. */
  box: Box;
  imageWidth: number;
  imageHeight: number;
  /** How often it was seen. */
  hits: number;
  /** It has hardly moved for a while. */
  stationary: boolean;
  /** Where its bottom centre has been, oldest first, as fractions of the picture. */
  path: readonly [x: number, y: number][];
  model: ModelIdentity;
}
