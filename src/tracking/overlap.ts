/** How much of two boxes is common to both. Pure. */
import type { Box } from '../core/detection.js';

/** Intersection over union, 0 to 1; 0 where a box is empty or no number. */
export function overlap(a: Box, b: Box): number {
  return grownOverlap(a, b, 0);
}

/**
 * The same of boxes that are larger by `by` times their sides on every side: objects that moved farther than their own
 * size between two looks still meet (as in C-BIoU).
 */
export function grownOverlap(a: Box, b: Box, by: number): number {
  const aw = (a.x2 - a.x1) * by;
  const ah = (a.y2 - a.y1) * by;
  const bw = (b.x2 - b.x1) * by;
  const bh = (b.y2 - b.y1) * by;
  const width = Math.min(a.x2 + aw, b.x2 + bw) - Math.max(a.x1 - aw, b.x1 - bw);
  const height = Math.min(a.y2 + ah, b.y2 + bh) - Math.max(a.y1 - ah, b.y1 - bh);
  if (!(width > 0 && height > 0)) return 0;
  const common = width * height;
  const grown = (1 + 2 * by) ** 2;
  const union = (area(a) + area(b)) * grown - common;
  return union > 0 ? common / union : 0;
}

function area(box: Box): number {
  return (box.x2 - box.x1) * (box.y2 - box.y1);
}
