/**
 * Fills outlines into an RGB picture with anti-aliased edges: four sample rows per pixel row, exact
 * coverage along each. Plain typed arrays, nothing allocated per pixel, because scenes are drawn live.
 */

/** RGB, rows tightly packed; `owner` (when there) holds the number of the topmost object per pixel, 0 none. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
  readonly owner?: Uint8Array;
  /** Pixels each object still shows, by number. */
  readonly shown?: Int32Array;
}

export type Colour = readonly [number, number, number];

export interface Fill {
  /** Colour at the top of the outline. */
  from: Colour;
  /** Colour at its bottom. */
  to: Colour;
  /** 0 to 1. */
  opacity: number;
  /** Number entered into `owner` where the outline covers at least half of a pixel. */
  object?: number;
}

export interface Extent {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

const SUBROWS = 4;

/** Smallest upright rectangle around the outlines. */
export function extentOf(outlines: readonly Float64Array[]): Extent {
  const extent = { x1: Infinity, y1: Infinity, x2: -Infinity, y2: -Infinity };
  for (const points of outlines) {
    for (let i = 0; i < points.length; i += 2) {
      const x = points[i] as number;
      const y = points[i + 1] as number;
      if (x < extent.x1) extent.x1 = x;
      if (x > extent.x2) extent.x2 = x;
      if (y < extent.y1) extent.y1 = y;
      if (y > extent.y2) extent.y2 = y;
    }
  }
  return extent;
}

/** Fills the outlines (even-odd) in pixel coordinates; what lies outside the canvas is left out. */
export function fillOutlines(canvas: Canvas, outlines: readonly Float64Array[], fill: Fill): void {
  const { width, height } = canvas;
  const extent = extentOf(outlines);
  const left = Math.max(0, Math.floor(extent.x1));
  const right = Math.min(width, Math.ceil(extent.x2));
  const top = Math.max(0, Math.floor(extent.y1));
  const bottom = Math.min(height, Math.ceil(extent.y2));
  if (left >= right || top >= bottom) return;
  const coverage = new Float32Array(right - left + 1);
  const crossings: number[] = [];
  const tall = Math.max(1, extent.y2 - extent.y1);
  for (let row = top; row < bottom; row += 1) {
    coverage.fill(0);
    for (let sub = 0; sub < SUBROWS; sub += 1) {
      findCrossings(outlines, row + (sub + 0.5) / SUBROWS, crossings);
      for (let i = 0; i + 1 < crossings.length; i += 2) {
        const from = Math.max(left, crossings[i] as number) - left;
        const to = Math.min(right, crossings[i + 1] as number) - left;
        if (to > from) addSpan(coverage, from, to);
      }
    }
    blendRow(canvas, row, left, coverage, fill, (row + 0.5 - extent.y1) / tall);
  }
}

function findCrossings(outlines: readonly Float64Array[], y: number, found: number[]): void {
  found.length = 0;
  for (const points of outlines) {
    const end = points.length;
    let x0 = points[end - 2] as number;
    let y0 = points[end - 1] as number;
    for (let i = 0; i < end; i += 2) {
      const x1 = points[i] as number;
      const y1 = points[i + 1] as number;
      if (y0 <= y !== y1 <= y) found.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
      x0 = x1;
      y0 = y1;
    }
  }
  if (found.length > 2) found.sort((a, b) => a - b);
  else if (found.length === 2 && (found[0] as number) > (found[1] as number)) found.reverse();
}

function addSpan(coverage: Float32Array, from: number, to: number): void {
  const first = Math.floor(from);
  const last = Math.floor(to);
  if (first === last) {
    coverage[first] = (coverage[first] as number) + (to - from);
    return;
  }
  coverage[first] = (coverage[first] as number) + (first + 1 - from);
  for (let x = first + 1; x < last; x += 1) coverage[x] = (coverage[x] as number) + 1;
  coverage[last] = (coverage[last] as number) + (to - last);
}

function blendRow(
  canvas: Canvas,
  row: number,
  left: number,
  coverage: Float32Array,
  fill: Fill,
  down: number,
): void {
  const { data, owner, shown } = canvas;
  const part = Math.min(1, Math.max(0, down));
  const r = fill.from[0] + (fill.to[0] - fill.from[0]) * part;
  const g = fill.from[1] + (fill.to[1] - fill.from[1]) * part;
  const b = fill.from[2] + (fill.to[2] - fill.from[2]) * part;
  const width = Math.min(coverage.length, canvas.width - left);
  for (let i = 0; i < width; i += 1) {
    const covered = (coverage[i] as number) / SUBROWS;
    if (covered <= 0) continue;
    const pixel = row * canvas.width + left + i;
    const alpha = covered * fill.opacity;
    const at = pixel * 3;
    data[at] = (data[at] as number) + (r - (data[at] as number)) * alpha;
    data[at + 1] = (data[at + 1] as number) + (g - (data[at + 1] as number)) * alpha;
    data[at + 2] = (data[at + 2] as number) + (b - (data[at + 2] as number)) * alpha;
    if (owner !== undefined && shown !== undefined && fill.object !== undefined && covered >= 0.5) {
      const before = owner[pixel] as number;
      if (before !== fill.object) {
        if (before !== 0) shown[before] = (shown[before] as number) - 1;
        shown[fill.object] = (shown[fill.object] as number) + 1;
        owner[pixel] = fill.object;
      }
    }
  }
}
