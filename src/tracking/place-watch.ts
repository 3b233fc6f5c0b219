/** Where an object is for zones and lines, and whether it counts for them. Pure. */
import type { Box } from '../core/detection.js';
import type { Point } from '../core/polygon.js';
import { isDue } from '../core/week-schedule.js';
import type { Anchor, Watch } from '../core/zone.js';

const LAST = 1 - 1e-6;

/** The point of a box that counts, in pixels. */
export function anchorOf({ x1, y1, x2, y2 }: Box, anchor: Anchor): Point {
  const x = (x1 + x2) / 2;
  if (anchor === 'bottom') return [x, y2];
  return [x, anchor === 'top' ? y1 : (y1 + y2) / 2];
}

/** The same within a picture of this size, and as fractions of it: who is cut off by its edge stands at the edge. */
export function placeOf(box: Box, anchor: Anchor, width: number, height: number): Point {
  const [x, y] = anchorOf(box, anchor);
  return [within(x / width), within(y / height)];
}

/** Whether an object of this label and size counts, whatever the time. */
export function counts(
  { labels, minArea, maxArea }: Watch,
  object: { label: string; box: Box },
  pictureArea: number,
): boolean {
  if (labels !== undefined && !labels.includes(object.label)) return false;
  const { x1, y1, x2, y2 } = object.box;
  const part = ((x2 - x1) * (y2 - y1)) / pictureArea;
  return part >= minArea && part <= maxArea;
}

export function isWatched({ times }: Watch, wallMs: number): boolean {
  return isDue(times, wallMs);
}

/** Up to the last edge and not onto it, where a zone that ends with the picture would end too. */
function within(value: number): number {
  return Math.min(LAST, Math.max(0, value));
}
