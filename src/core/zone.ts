/** Places in a camera's picture that are watched, as plain data. Points are fractions of the picture, from its top left. */
import type { Point } from './polygon.js';
import type { WeekTime } from './week-schedule.js';

/** Which point of a box says where its object is. */
export type Anchor = 'bottom' | 'centre' | 'top';

/** Whom a place is for, and when. */
export interface Watch {
  name: string;
  /** Labels that count; undefined: all. */
  labels: readonly string[] | undefined;
  anchor: Anchor;
  /** Smallest and largest box that counts, as parts of the picture's area. */
  minArea: number;
  maxArea: number;
  /** When it counts; empty: always. */
  times: readonly WeekTime[];
}

export interface ZonePlan extends Watch {
  points: readonly Point[];
  /** Seconds inside until an object has entered, and outside until it has left. */
  enterS: number;
  leaveS: number;
  /** Seconds after which a stay is told; undefined: never. */
  dwellS: number | undefined;
  /** How many there may be; what lies outside is told. */
  occupancy: { min: number; max: number } | undefined;
}

export interface LinePlan extends Watch {
  /** Who crosses from the left of whoever goes from the first to the second point to the right of him goes `in`. */
  points: readonly [Point, Point];
}

export interface CameraPlaces {
  zones: readonly ZonePlan[];
  lines: readonly LinePlan[];
}

export type Direction = 'in' | 'out';
/** Of the number of objects in a zone, against what it may be. */
export type OccupancyState = 'low' | 'normal' | 'high';
