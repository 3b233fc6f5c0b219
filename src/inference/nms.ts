/**
 * Greedy non-maximum suppression within one class, as PaddleDetection's own post-processing does it
 * (deploy/python/picodet_postprocess.py): IoU = intersection / (union + 1e-5), sides without +1, and a box
 * goes when its IoU with a better one is above the threshold.
 */
const EPSILON = 1e-5;

/**
 * Writes the places of the boxes that stay into `kept`, best first, and returns how many.
 * `boxes` holds x1, y1, x2, y2 per place; `order` names the places, best first, and only its first `count`
 * count. At most `limit` are kept.
 */
export function greedyNms(
  boxes: ArrayLike<number>,
  order: ArrayLike<number>,
  count: number,
  iouThreshold: number,
  limit: number,
  kept: Uint32Array | number[],
): number {
  let total = 0;
  for (let i = 0; i < count && total < limit; i += 1) {
    const place = order[i] as number;
    if (overlapsAny(boxes, place, kept, total, iouThreshold)) continue;
    kept[total] = place;
    total += 1;
  }
  return total;
}

function overlapsAny(
  boxes: ArrayLike<number>,
  place: number,
  kept: ArrayLike<number>,
  total: number,
  iouThreshold: number,
): boolean {
  const at = place * 4;
  const x1 = boxes[at] as number;
  const y1 = boxes[at + 1] as number;
  const x2 = boxes[at + 2] as number;
  const y2 = boxes[at + 3] as number;
  const area = Math.max(0, x2 - x1) * Math.max(0, y2 - y1);
  for (let i = 0; i < total; i += 1) {
    const other = (kept[i] as number) * 4;
    const ox1 = boxes[other] as number;
    const oy1 = boxes[other + 1] as number;
    const ox2 = boxes[other + 2] as number;
    const oy2 = boxes[other + 3] as number;
    const width = Math.min(x2, ox2) - Math.max(x1, ox1);
    const height = Math.min(y2, oy2) - Math.max(y1, oy1);
    if (width <= 0 || height <= 0) continue;
    const intersection = width * height;
    const otherArea = Math.max(0, ox2 - ox1) * Math.max(0, oy2 - oy1);
    if (intersection / (area + otherArea - intersection + EPSILON) > iouThreshold) return true;
  }
  return false;
}
