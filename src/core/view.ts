/** What of a camera's picture is analysed, and which way up it hangs. */

/** Part of a picture as people see it, after rotation, as fractions of its width and height from the top left. */
export interface Region {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Degrees clockwise by which the picture is turned before anybody sees it. */
export type Rotation = 0 | 90 | 180 | 270;
export const ROTATIONS = [0, 90, 180, 270] as const satisfies readonly Rotation[];

export interface View {
  /** Undefined: all of it. */
  region?: Region;
  /** Undefined: 0. */
  rotate?: Rotation;
}

/** In whole pixels of a picture, from its top left. */
export interface PixelRegion {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Least side of a region, as a fraction: less of a picture is a slip of the pen. */
export const LEAST_REGION = 0.01;
