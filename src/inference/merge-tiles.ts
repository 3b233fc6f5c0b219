/**
 * From the detections of overlapping tiles to one per object. An object in the overlap is found in each tile,
 * whole or as the part that is in it: whole boxes coincide (IoU), a part lies inside of the whole or shares
 * most of the smaller one with another part (IoS). After SAHI's NMS and greedy merging (obss/sahi,
 * postprocess/combine.py), which do not know what was cut and so widen whole boxes too.
 */
import type { Box, Detection } from '../core/detection.js';
import type { SliceMerge } from '../core/slicing.js';

export interface Found {
  /** In pixels of the picture. */
  detection: Detection;
  /** Its box ends at a tile's border: there may be more of the object. */
  cut: boolean;
}

export interface MergeOptions {
  merge: SliceMerge;
  /** Overlap from which two boxes are one object. */
  threshold: number;
}

/** With a low threshold tiles find thousands; time grows with the square of what is compared. */
const MOST_COMPARED = 5000;

/**
 * One detection per object, best first.
 *
 * `nms`: per label, a box goes when its IoU with a better one reaches the threshold.
 *
 * `ios`: so among whole boxes. A part belongs to a whole box of its label that covers as much of it as the
 * threshold, or to another part where their intersection is as much of the smaller. The object takes the box of
 * its best whole one; while only parts of it are known, their common bounds. Its score is the best of all. A
 * part that a whole box of another label covers is dropped: parts are often taken for something else.
 */
export function mergeTiles(found: readonly Found[], { merge, threshold }: MergeOptions): Detection[] {
  const bestFirst = [...found]
    .sort((a, b) => b.detection.score - a.detection.score)
    .slice(0, MOST_COMPARED)
    .map((one) => (merge === 'nms' ? { ...one, cut: false } : one));
  const whole = bestFirst.filter(({ cut }) => !cut);
  const byLabel = new Map<number, Found[]>();
  for (const one of bestFirst) {
    const { labelId } = one.detection;
    const isOther = (other: Found) => other.detection.labelId !== labelId && isSame(one, other, threshold);
    if (one.cut && whole.some(isOther)) continue;
    const same = byLabel.get(labelId);
    if (same === undefined) byLabel.set(labelId, [one]);
    else same.push(one);
  }
  return [...byLabel.values()]
    .flatMap((same) => mergeLabel(same, threshold))
    .sort((a, b) => b.score - a.score);
}

function mergeLabel(bestFirst: Found[], threshold: number): Detection[] {
  const merged: Detection[] = [];
  let left = bestFirst;
  for (let best = left[0]; best !== undefined; best = left[0]) {
    const { object, rest } = collect(best, left.slice(1), threshold);
    merged.push(object.detection);
    left = rest;
  }
  return merged;
}

/** The object that `best` belongs to, and what belongs to others. A box that has grown may reach further parts. */
function collect(best: Found, others: Found[], threshold: number): { object: Found; rest: Found[] } {
  let object = best;
  let rest = others;
  for (;;) {
    const before = object;
    rest = rest.filter((other) => {
      if (!isSame(object, other, threshold)) return true;
      object = joined(object, other);
      return false;
    });
    if (object === before) return { object, rest };
  }
}

function isSame(a: Found, b: Found, threshold: number): boolean {
  const common = intersection(a.detection.box, b.detection.box);
  if (common <= 0) return false;
  const [areaA, areaB] = [area(a.detection.box), area(b.detection.box)];
  let of = areaA + areaB - common;
  if (a.cut && b.cut) of = Math.min(areaA, areaB);
  else if (a.cut || b.cut) of = a.cut ? areaA : areaB;
  return common / of >= threshold;
}

/** `a` is the better one. */
function joined(a: Found, b: Found): Found {
  if (!a.cut) return a;
  const box = b.cut ? union(a.detection.box, b.detection.box) : b.detection.box;
  return { detection: { ...a.detection, box }, cut: b.cut };
}

function intersection(a: Box, b: Box): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  return width > 0 && height > 0 ? width * height : 0;
}

function union(a: Box, b: Box): Box {
  return {
    x1: Math.min(a.x1, b.x1),
    y1: Math.min(a.y1, b.y1),
    x2: Math.max(a.x2, b.x2),
    y2: Math.max(a.y2, b.y2),
  };
}

function area({ x1, y1, x2, y2 }: Box): number {
  return (x2 - x1) * (y2 - y1);
}
