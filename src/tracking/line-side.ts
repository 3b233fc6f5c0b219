/**
 * On which side of a line one object is. It has crossed when it is clearly on the other side and its way there led between
 * the ends of the line: a box that trembles over it is not counted twice, and who stops on it is not counted yet. Pure;
 * all in pixels, since fractions of a picture are no square measure.
 */
import { type Point, passesBetween, side } from '../core/polygon.js';
import type { Direction } from '../core/zone.js';

export class LineSide {
  /** Where it was clearly last: 1 right, -1 left of the line. */
  #side: 1 | -1 | undefined;
  #before: Point | undefined;
  /** Of the last change of sides, whether it was between the ends. */
  #between = false;

  /**
   * It was seen at `at`.
   * @param clear distance from the line from which on it is clear where it is
   */
  seen(at: Point, [a, b]: readonly [Point, Point], clear: number): Direction | undefined {
    const before = this.#before;
    this.#before = at;
    const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
    if (!(length > 0)) return undefined;
    const here = side(a, b, at) / length;
    if (before !== undefined && here > 0 !== side(a, b, before) > 0)
      this.#between = passesBetween(before, at, a, b);
    if (Math.abs(here) < clear) return undefined;
    const now = here > 0 ? 1 : -1;
    const was = this.#side;
    this.#side = now;
    if (was === undefined || was === now || !this.#between) return undefined;
    return now === 1 ? 'in' : 'out';
  }
}
