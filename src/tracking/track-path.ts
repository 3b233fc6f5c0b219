/** Where an object has been, in a few points: when there are too many every second one goes, and later ones come half as often. */
import type { Box } from '../core/detection.js';

const MAX_POINTS = 16;
/** Part of the picture that it must have moved for another point. */
const FIRST_STEP = 0.02;
/** Part of its own height that it may wander and still be where it was. */
const WANDER = 0.25;
/** Seconds without more than that make it stationary. */
const STILL_US = 10e6;

export class TrackPath {
  #points: [number, number][] = [];
  #step = FIRST_STEP;
  /** Where it came to rest, in pixels, and when. */
  #rest: { x: number; y: number; sinceUs: number } | undefined;

  /** @param box in pixels of a picture of this size */
  add(box: Box, width: number, height: number, atUs: number): void {
    const x = (box.x1 + box.x2) / 2;
    const y = box.y2;
    const rest = this.#rest;
    if (rest === undefined || Math.hypot(x - rest.x, y - rest.y) > WANDER * (box.y2 - box.y1))
      this.#rest = { x, y, sinceUs: atUs };
    if (!(width > 0 && height > 0)) return;
    const point: [number, number] = [fraction(x / width), fraction(y / height)];
    const last = this.#points.at(-1);
    if (last !== undefined && Math.hypot(point[0] - last[0], point[1] - last[1]) < this.#step) return;
    this.#points.push(point);
    if (this.#points.length <= MAX_POINTS) return;
    this.#points = this.#points.filter((_, index) => index % 2 === 0);
    this.#step *= 2;
  }

  get points(): readonly [number, number][] {
    return this.#points;
  }

  stationary(atUs: number): boolean {
    return this.#rest !== undefined && atUs - this.#rest.sinceUs >= STILL_US;
  }
}

/** Into the picture, with four digits. */
function fraction(value: number): number {
  return value > 0 ? Math.round(Math.min(value, 1) * 1e4) / 1e4 : 0;
}
