/** Points, polygons and lines in a plane, x to the right and y down. Pure; units are whatever the caller uses for both. */

export type Point = readonly [x: number, y: number];

/** Whether a point lies in a polygon (even-odd rule); a point on an edge may count either way. */
export function contains(polygon: readonly Point[], [x, y]: Point): boolean {
  let inside = false;
  for (let index = 0; index < polygon.length; index += 1) {
    const [ax, ay] = polygon[index] as Point;
    const [bx, by] = polygon[(index + 1) % polygon.length] as Point;
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

/** Area between the edges, whichever way round they go. */
export function area(polygon: readonly Point[]): number {
  let twice = 0;
  for (let index = 0; index < polygon.length; index += 1) {
    const [ax, ay] = polygon[index] as Point;
    const [bx, by] = polygon[(index + 1) % polygon.length] as Point;
    twice += ax * by - bx * ay;
  }
  return Math.abs(twice) / 2;
}

/** Numbers, from 0, of two edges of a polygon that meet elsewhere than in the corner of neighbours; undefined when none do. */
export function crossingEdges(polygon: readonly Point[]): [number, number] | undefined {
  const { length } = polygon;
  for (let first = 0; first < length; first += 1)
    for (let second = first + 1; second < length; second += 1) {
      const [a, b] = [polygon[first] as Point, polygon[(first + 1) % length] as Point];
      const [c, d] = [polygon[second] as Point, polygon[(second + 1) % length] as Point];
      const neighbours = second === first + 1 || (first === 0 && second === length - 1);
      if (neighbours ? foldsBack(first + 1 === second ? [a, b, d] : [c, d, b]) : meet(a, b, c, d))
        return [first, second];
    }
  return undefined;
}

/** Positive on the right of whoever goes from `a` to `b`, negative on the left: twice the area of the triangle. */
export function side(a: Point, b: Point, [x, y]: Point): number {
  return (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]);
}

/** Whether the way from `p` to `q`, which lie on two sides of the line through `a` and `b`, crosses it between these. */
export function passesBetween(p: Point, q: Point, a: Point, b: Point): boolean {
  const [before, after] = [side(a, b, p), side(a, b, q)];
  if (before === after) return false;
  const part = before / (before - after);
  const at: Point = [p[0] + part * (q[0] - p[0]), p[1] + part * (q[1] - p[1])];
  const along = (b[0] - a[0]) * (at[0] - a[0]) + (b[1] - a[1]) * (at[1] - a[1]);
  return along >= 0 && along <= (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2;
}

/** Whether two segments have a point in common. */
function meet(a: Point, b: Point, c: Point, d: Point): boolean {
  const [c1, d1, a1, b1] = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)];
  if (c1 * d1 < 0 && a1 * b1 < 0) return true;
  return (
    (c1 === 0 && within(a, b, c)) ||
    (d1 === 0 && within(a, b, d)) ||
    (a1 === 0 && within(c, d, a)) ||
    (b1 === 0 && within(c, d, b))
  );
}

/** From `corner` the second edge runs back over the first, or one of them has no length. */
function foldsBack([from, corner, to]: [Point, Point, Point]): boolean {
  if (side(from, corner, to) !== 0) return false;
  return (from[0] - corner[0]) * (to[0] - corner[0]) + (from[1] - corner[1]) * (to[1] - corner[1]) >= 0;
}

/** Of a point on the line through `a` and `b`: whether it lies between them. */
function within([ax, ay]: Point, [bx, by]: Point, [x, y]: Point): boolean {
  return x >= Math.min(ax, bx) && x <= Math.max(ax, bx) && y >= Math.min(ay, by) && y <= Math.max(ay, by);
}
