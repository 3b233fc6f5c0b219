/**
 * From the view that is wanted of a camera to pixels of its pictures: what is cut off before scaling, how large the picture
 * is that people see, and where in it the analysed part lies. Cuts lie on even pixels, where the planes of YUV have
 * theirs, so that everything here is exact.
 */
import type { Box } from '../core/detection.js';
import type { DrawnObject, Truth } from '../core/truth.js';
import type { PixelRegion, Region, Rotation, View } from '../core/view.js';

export interface Size {
  width: number;
  height: number;
}

/** Pixels cut off at each side of the picture as the source delivers it. */
export interface Margins {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Where a point of the turned picture was before it was turned, both as fractions. */
const BEFORE: Record<Rotation, (x: number, y: number) => [number, number]> = {
  0: (x, y) => [x, y],
  90: (x, y) => [y, 1 - x],
  180: (x, y) => [1 - x, 1 - y],
  270: (x, y) => [1 - y, x],
};

/** Size of a picture after it was turned. */
export function seenSize({ width, height }: Size, rotate: Rotation = 0): Size {
  return rotate === 90 || rotate === 270 ? { width: height, height: width } : { width, height };
}

/** What is cut off a picture of that size, outwards to even pixels; 0 all around without a region. */
export function marginsOf({ width, height }: Size, { region, rotate = 0 }: View): Margins {
  if (region === undefined) return { left: 0, right: 0, top: 0, bottom: 0 };
  const { x1, y1, x2, y2 } = moved(corners(region), rotate);
  const [left, until] = evenRange(x1, x2, width);
  const [top, below] = evenRange(y1, y2, height);
  return { left, right: width - until, top, bottom: height - below };
}

/** The part that is left, in pixels of the turned picture; undefined where that is all of it. */
export function analysedRegion(source: Size, view: View): PixelRegion | undefined {
  if (view.region === undefined) return undefined;
  const { left, right, top, bottom } = marginsOf(source, view);
  const { width, height } = source;
  const kept = { x1: left, y1: top, x2: width - right, y2: height - bottom };
  const { x1, y1, x2, y2 } = turned(kept, source, view.rotate ?? 0);
  return { x: x1, y: y1, width: x2 - x1, height: y2 - y1 };
}

/** A box in pixels of the source's picture, in pixels of the turned one. */
export function turned(box: Box, { width, height }: Size, rotate: Rotation): Box {
  switch (rotate) {
    case 0:
      return box;
    case 90:
      return { x1: height - box.y2, y1: box.x1, x2: height - box.y1, y2: box.x2 };
    case 180:
      return { x1: width - box.x2, y1: height - box.y2, x2: width - box.x1, y2: height - box.y1 };
    case 270:
      return { x1: box.y1, y1: width - box.x2, x2: box.y2, y2: width - box.x1 };
  }
}

/**
 * What a drawn picture shows in such a view: what lies outside of the region is no part of it, and what its border cuts
 * is clipped and counts neither way.
 */
export function seenTruth({ objects, unsure }: Truth, source: Size, view: View): Truth {
  const { rotate = 0 } = view;
  const region = analysedRegion(source, view);
  const seen: Truth = { objects: [], unsure: [] };
  const add = (object: DrawnObject, sure: boolean): void => {
    const box = turned(object.box, source, rotate);
    const clipped = region === undefined ? box : clip(box, region);
    if (clipped === undefined) return;
    const whole = sameBox(clipped, box);
    seen[sure && whole ? 'objects' : 'unsure'].push({ ...object, box: clipped });
  };
  for (const object of objects) add(object, true);
  for (const object of unsure) add(object, false);
  return seen;
}

function corners({ x, y, width, height }: Region): Box {
  return { x1: x, y1: y, x2: x + width, y2: y + height };
}

/** The region, in fractions of the turned picture, in fractions of the one before. */
function moved({ x1, y1, x2, y2 }: Box, rotate: Rotation): Box {
  const [ax, ay] = BEFORE[rotate](x1, y1);
  const [bx, by] = BEFORE[rotate](x2, y2);
  return { x1: Math.min(ax, bx), y1: Math.min(ay, by), x2: Math.max(ax, bx), y2: Math.max(ay, by) };
}

/** Sums such as 0.1 + 0.7 are off by less than this. */
const SLIP = 1e-6;

/** Whole, even pixels that hold `from` to `to` of `extent`; its end may be odd. */
function evenRange(from: number, to: number, extent: number): [number, number] {
  const start = Math.max(0, Math.floor((from * extent + SLIP) / 2) * 2);
  const end = Math.min(extent, Math.ceil((to * extent - SLIP) / 2) * 2);
  return start < end ? [start, end] : [Math.max(0, extent - 2), extent];
}

function clip(box: Box, { x, y, width, height }: PixelRegion): Box | undefined {
  const clipped = {
    x1: Math.max(box.x1, x),
    y1: Math.max(box.y1, y),
    x2: Math.min(box.x2, x + width),
    y2: Math.min(box.y2, y + height),
  };
  return clipped.x1 < clipped.x2 && clipped.y1 < clipped.y2 ? clipped : undefined;
}

function sameBox(a: Box, b: Box): boolean {
  return a.x1 === b.x1 && a.y1 === b.y1 && a.x2 === b.x2 && a.y2 === b.y2;
}
