/**
 * What a drawn picture really shows, beside the picture itself: only sources that draw know it. It travels with the
 * frame, so that whoever judges detections has the truth of exactly the picture that they were found in.
 */
import type { Box } from './detection.js';

export interface DrawnObject {
  label: string;
  labelId: number;
  /** Tight around the whole shape, covered parts included, clipped to the picture. */
  box: Box;
  /** Part of the shape's area that can be seen, 0 to 1: neither covered nor outside the picture. */
  visible: number;
}

export interface Truth {
  /** What a detector has to find. */
  objects: DrawnObject[];
  /** Too hidden or too small to be demanded, too visible to be called wrong: counts neither way. */
  unsure: DrawnObject[];
}
