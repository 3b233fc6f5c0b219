/** A large drawn picture with small shapes and a few large ones, and where they are. */

import type { Box } from '../../dist/core/detection.js';
import { makeActors } from '../../dist/scene/actor.js';
import { paintBackdrop } from '../../dist/scene/backdrop.js';
import { Prng } from '../../dist/scene/prng.js';
import { extentOf, fillOutlines } from '../../dist/scene/raster.js';
import { placeOutlines, SHAPE_OUTLINES } from '../../dist/scene/shapes.js';

export interface LargePictureOptions {
  seed: number;
  width: number;
  height: number;
  /** How many shapes of which radius in pixels; none covers another. */
  shapes: { count: number; radius: [number, number] }[];
}

export interface LargePicture {
  width: number;
  height: number;
  /** RGB. */
  data: Buffer;
  truth: { label: string; box: Box }[];
}

export function largePicture({ seed, width, height, shapes }: LargePictureOptions): LargePicture {
  const random = new Prng(seed);
  const pixels = new Uint8ClampedArray(width * height * 3);
  const mean = paintBackdrop({ width, height, data: pixels }, random);
  const canvas = {
    width,
    height,
    data: pixels,
    owner: new Uint8Array(width * height),
    shown: new Int32Array(256),
  };
  const taken: { x: number; y: number; radius: number }[] = [];
  const truth: LargePicture['truth'] = [];
  for (const { count, radius: range } of shapes) {
    for (let index = 0; index < count; index += 1) {
      const radius = random.range(...range);
      const place = freePlace(random, radius, width, height, taken);
      taken.push({ ...place, radius });
      const [actor] = makeActors(random, 1, mean);
      if (actor === undefined) continue;
      const outlines = placeOutlines(SHAPE_OUTLINES[actor.label], place.x, place.y, radius, actor.angle);
      fillOutlines(canvas, outlines, { ...actor.fill, opacity: 1, object: taken.length });
      truth.push({ label: actor.label, box: { ...extentOf(outlines) } });
    }
  }
  return { width, height, data: Buffer.from(pixels.buffer), truth };
}

function freePlace(
  random: Prng,
  radius: number,
  width: number,
  height: number,
  taken: readonly { x: number; y: number; radius: number }[],
): { x: number; y: number } {
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    const x = random.range(radius, width - radius);
    const y = random.range(radius, height - radius);
    const free = taken.every((one) => Math.hypot(one.x - x, one.y - y) > 1.6 * (one.radius + radius));
    if (free) return { x, y };
  }
  throw new Error('the picture is full');
}

export interface Score {
  found: number;
  missed: number;
  wrong: number;
}

/** How many of `truth` have a detection of their label with IoU of at least 0.5, and how many of these have no truth. */
export function scoreDetections(
  truth: readonly { label: string; box: Box }[],
  detections: readonly { label: string; box: Box }[],
): Score {
  const left = [...detections];
  let found = 0;
  for (const { label, box } of truth) {
    const at = left.findIndex((one) => one.label === label && iou(one.box, box) >= 0.5);
    if (at < 0) continue;
    left.splice(at, 1);
    found += 1;
  }
  return { found, missed: truth.length - found, wrong: left.length };
}

export function iou(a: Box, b: Box): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  const common = Math.max(0, width) * Math.max(0, height);
  const area = ({ x1, y1, x2, y2 }: Box) => (x2 - x1) * (y2 - y1);
  return common / (area(a) + area(b) - common);
}
