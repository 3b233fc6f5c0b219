/** What two models found in one picture, held against each other. Pure. */
import type { Box, Detection } from './detection.js';

export interface Agreement {
  /** Found by both: of the same label, in boxes that overlap by half. */
  both: number;
  onlyOld: Detection[];
  onlyNew: Detection[];
}

const SAME_BOX = 0.5;

/** Intersection over union, 0 to 1; 0 for boxes without area. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  if (!(width > 0 && height > 0)) return 0;
  const area = ({ x1, y1, x2, y2 }: Box): number => (x2 - x1) * (y2 - y1);
  return (width * height) / (area(a) + area(b) - width * height);
}

/** Each detection of the old model, best first, takes the one of the new that overlaps most. */
export function agreement(old: readonly Detection[], found: readonly Detection[]): Agreement {
  const left = new Set(found);
  const onlyOld = old.filter((detection) => {
    let best: Detection | undefined;
    let most = SAME_BOX;
    for (const candidate of left) {
      if (candidate.label !== detection.label) continue;
      const shared = overlap(candidate.box, detection.box);
      if (shared < most) continue;
      best = candidate;
      most = shared;
    }
    if (best !== undefined) left.delete(best);
    return best === undefined;
  });
  return { both: old.length - onlyOld.length, onlyOld, onlyNew: [...left] };
}
