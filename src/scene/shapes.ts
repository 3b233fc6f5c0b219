/**
 * The classes of the drawn scenes as outlines around the origin, about one unit in radius. They stay
 * apart at any rotation: a square on its corner is still a square, a cross has four arms, a ring a hole.
 */

/** Index = class id of the shipped model. */
export const SHAPE_LABELS = ['circle', 'square', 'triangle', 'star', 'cross', 'ring'] as const;

export type ShapeLabel = (typeof SHAPE_LABELS)[number];

/** Closed outlines, each x,y,x,y,…; filled by the even-odd rule. */
export type Outlines = readonly Float64Array[];

const CIRCLE_CORNERS = 48;

export const SHAPE_OUTLINES: Readonly<Record<ShapeLabel, Outlines>> = {
  circle: [polygon(CIRCLE_CORNERS, 1)],
  square: [Float64Array.of(-0.85, -0.85, 0.85, -0.85, 0.85, 0.85, -0.85, 0.85)],
  triangle: [polygon(3, 1.15)],
  star: [star(5, 1.15, 0.47)],
  cross: [cross(1.05, 0.33)],
  ring: [polygon(CIRCLE_CORNERS, 1), polygon(CIRCLE_CORNERS, 0.55)],
};

function polygon(corners: number, radius: number): Float64Array {
  const points = new Float64Array(corners * 2);
  for (let i = 0; i < corners; i += 1) {
    const angle = (2 * Math.PI * i) / corners - Math.PI / 2;
    points[2 * i] = radius * Math.cos(angle);
    points[2 * i + 1] = radius * Math.sin(angle);
  }
  return points;
}

function star(tips: number, outer: number, inner: number): Float64Array {
  const points = new Float64Array(tips * 4);
  for (let i = 0; i < tips * 2; i += 1) {
    const angle = (Math.PI * i) / tips - Math.PI / 2;
    const radius = i % 2 === 0 ? outer : inner;
    points[2 * i] = radius * Math.cos(angle);
    points[2 * i + 1] = radius * Math.sin(angle);
  }
  return points;
}

function cross(a: number, b: number): Float64Array {
  return Float64Array.of(
    ...[-b, -a, b, -a, b, -b, a, -b, a, b, b, b],
    ...[b, a, -b, a, -b, b, -a, b, -a, -b, -b, -b],
  );
}

/** Outlines turned by `angle` (radians), scaled by `radius` and moved to x, y. */
export function placeOutlines(
  outlines: Outlines,
  x: number,
  y: number,
  radius: number,
  angle: number,
): Float64Array[] {
  const cos = Math.cos(angle) * radius;
  const sin = Math.sin(angle) * radius;
  return outlines.map((points) => {
    const placed = new Float64Array(points.length);
    for (let i = 0; i < points.length; i += 2) {
      const px = points[i] as number;
      const py = points[i + 1] as number;
      placed[i] = x + px * cos - py * sin;
      placed[i + 1] = y + px * sin + py * cos;
    }
    return placed;
  });
}

/** Filled area in square pixels under the even-odd rule, for outlines nested like the ring's. */
export function outlinesArea(outlines: readonly Float64Array[]): number {
  let total = 0;
  outlines.forEach((points, at) => {
    let twice = 0;
    for (let i = 0; i < points.length; i += 2) {
      const j = (i + 2) % points.length;
      twice +=
        (points[i] as number) * (points[j + 1] as number) - (points[j] as number) * (points[i + 1] as number);
    }
    total += (at === 0 ? 1 : -1) * Math.abs(twice / 2);
  });
  return total;
}
