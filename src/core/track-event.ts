/** What happened to one object in front of a camera. Each event holds the whole state, so that any of them can be the first. */
import type { Box } from './detection.js';
import type { ModelIdentity } from './frame-result.js';
import type { Direction, OccupancyState } from './zone.js';

/** `new`, `update` and `end` are its life; the others happened at a place. */
export const TRACK_EVENT_TYPES = [
  'new',
  'update',
  'end',
  'zone_enter',
  'zone_exit',
  'dwell',
  'line_cross',
] as const;
export type TrackEventType = (typeof TRACK_EVENT_TYPES)[number];

/** What happened where. */
export type PlaceMoment =
  | { type: 'zone_enter'; zone: string }
  /** `seconds`: how long it has been in there. */
  | { type: 'zone_exit' | 'dwell'; zone: string; seconds: number }
  | { type: 'line_cross'; line: string; direction: Direction };

/** What became of the object itself. */
export type TrackLife = 'new' | 'update' | 'end';

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
  /** Zones that it is in, and all that it has been in, in the order in which it entered them. */
  zones: readonly string[];
  enteredZones: readonly string[];
  /** Of the types that happen at a place. */
  moment?: PlaceMoment;
  model: ModelIdentity;
}

/** There are too few or too many objects in a zone, or no longer. */
export interface OccupancyEvent {
  type: 'occupancy';
  camera: string;
  zone: string;
  state: OccupancyState;
  count: number;
  /** By label. */
  labels: Readonly<Record<string, number>>;
  min: number;
  max: number;
  atUs: number;
}
