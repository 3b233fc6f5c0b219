/**
 * How well detections fit the drawn truth that travels with them. Pure. A detection is right when it has the
 * label of an object and overlaps it enough; what the scene calls unsure counts neither way.
 */
import type { SelftestMessage } from './selftest-message.js';

export interface Score {
  /** Detections that are an object of the truth. */
  right: number;
  /** Detections that are none. */
  wrong: number;
  /** Objects of the truth without a detection. */
  missed: number;
}

/** Intersection over union from which a detection and an object are the same. */
export const SAME_IOU = 0.5;
/** Overlap with an unsure object from which a detection is not called wrong. */
export const UNSURE_IOU = 0.3;

type Corners = readonly [number, number, number, number];

/** Each object is found once, by the surest detection that fits; a second one is wrong. */
export function scoreMessage({ objects, truth, unsure }: SelftestMessage): Score {
  const left = [...truth];
  const score = { right: 0, wrong: 0, missed: 0 };
  for (const { label, corners } of [...objects].sort((a, b) => b.confidence - a.confidence)) {
    let best = -1;
    let bestIou = SAME_IOU;
    left.forEach((wanted, index) => {
      const iou = wanted.label === label ? overlap(wanted.corners, corners) : 0;
      if (iou < bestIou) return;
      best = index;
      bestIou = iou;
    });
    if (best >= 0) {
      left.splice(best, 1);
      score.right += 1;
    } else if (!unsure.some((other) => overlap(other.corners, corners) >= UNSURE_IOU)) {
      score.wrong += 1;
    }
  }
  score.missed = left.length;
  return score;
}

/** Intersection over union; 0 for empty boxes. */
export function overlap(a: Corners, b: Corners): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (!(width > 0 && height > 0)) return 0;
  const common = width * height;
  return common / (area(a) + area(b) - common);
}

function area(box: Corners): number {
  return (box[2] - box[0]) * (box[3] - box[1]);
}

/** The value that `part` (0 to 1) of the values do not exceed, by nearest rank; NaN of none. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}
