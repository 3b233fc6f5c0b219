/** What a model found in one picture. */

/** Corners in pixels of the original picture, x to the right and y down; not necessarily clipped to it. */
export interface Box {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

export interface Detection {
  label: string;
  /** Index into the model's label list. */
  labelId: number;
  /** 0 to 1. */
  score: number;
  box: Box;
  /** The object that it is, where objects are followed. */
  trackId?: string;
  /** That it is in; only of such an object. */
  zones?: readonly string[];
}
