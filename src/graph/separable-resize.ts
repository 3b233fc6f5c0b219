/**
 * OpenCV's resize to a fixed size as gathers and weighted sums, rows first and columns after. ONNX Runtime's
 * own cubic Resize gives the same numbers, but takes as long as a dozen inferences of a small network.
 */
import type { GraphBuilder } from './graph-builder.js';
import { FLOAT, INT64 } from './tensors.js';

export type Interpolator = 'linear' | 'cubic';

interface Taps {
  /** Place of each tap relative to the pixel left of (or above) the wanted point. */
  offsets: number[];
  /** Weight of each tap as a polynomial in the point's distance t from that pixel: of 1, t, t², t³. */
  weights: number[][];
}

/** OpenCV's sharpness of cubic interpolation. */
const A = -0.75;

const TAPS: Record<Interpolator, Taps> = {
  linear: {
    offsets: [0, 1],
    weights: [
      [1, -1, 0, 0],
      [0, 1, 0, 0],
    ],
  },
  cubic: {
    offsets: [-1, 0, 1, 2],
    weights: [
      [0, A, -2 * A, A],
      [1, 0, -(A + 3), A + 2],
      [0, -A, 2 * A + 3, -(A + 2)],
      [0, 0, A, -A],
    ],
  },
};

/** float32 [1,channels,h,w] to [1,channels,height,width]; pixels beyond the edge are those at the edge. */
export function separableResize(
  build: GraphBuilder,
  tensor: string,
  size: { width: number; height: number },
  interpolator: Interpolator,
): string {
  const shape = build.node('Shape', [tensor]);
  const rows = resizeAxis(build, { tensor, shape, axis: 2, length: size.height }, TAPS[interpolator]);
  return resizeAxis(build, { tensor: rows, shape, axis: 3, length: size.width }, TAPS[interpolator]);
}

interface Axis {
  tensor: string;
  /** Shape before any resizing. */
  shape: string;
  axis: 2 | 3;
  /** Wanted. */
  length: number;
}

function resizeAxis(build: GraphBuilder, { tensor, shape, axis, length }: Axis, taps: Taps): string {
  const present = build.node('Slice', [shape, build.ints([axis]), build.ints([axis + 1])]);
  const { left, distance } = points(build, present, length);
  const weights = tapWeights(build, distance, length, taps);
  const last = build.node('Sub', [build.node('Cast', [present], { to: { int: FLOAT } }), build.floats([1])]);
  const parts = taps.offsets.map((offset, tap) => {
    const wanted = build.node('Add', [left, build.floats([offset])]);
    const inside = build.node('Min', [build.node('Max', [wanted, build.floats([0])]), last]);
    const places = build.node('Cast', [inside], { to: { int: INT64 } });
    const pixels = build.node('Gather', [tensor, places], { axis: { int: axis } });
    const column = build.node('Slice', [weights, build.ints([tap]), build.ints([tap + 1]), build.ints([1])]);
    // [length,1] weighs rows as it is.
    const weight = axis === 2 ? column : build.node('Reshape', [column, build.ints([length])]);
    return build.node('Mul', [pixels, weight]);
  });
  return parts.reduce((sum, part) => build.node('Add', [sum, part]));
}

/**
 * Where each wanted pixel's centre lies: the pixel left of it (float32 [length]) and the distance from that
 * (float32 [length,1]). In whole numbers, so that no rounding moves a point: pixel i lies at
 * ((2i + 1) · present − length) / (2 · length).
 */
function points(build: GraphBuilder, present: string, length: number): { left: string; distance: string } {
  const odd = build.ints(Array.from({ length }, (_, index) => 2 * index + 1));
  const step = build.ints([2 * length]);
  // One pixel further, since the first points of an enlarged picture lie left of it and Div rounds to zero.
  const numerator = build.node('Add', [build.node('Mul', [odd, present]), build.ints([length])]);
  const quotient = build.node('Div', [numerator, step]);
  const rest = build.node('Sub', [numerator, build.node('Mul', [quotient, step])]);
  const float = (tensor: string): string => build.node('Cast', [tensor], { to: { int: FLOAT } });
  const left = build.node('Sub', [float(quotient), build.floats([1])]);
  const flat = build.node('Div', [float(rest), build.floats([2 * length])]);
  return { left, distance: build.node('Reshape', [flat, build.ints([length, 1])]) };
}

/** float32 [length, taps]. */
function tapWeights(build: GraphBuilder, distance: string, length: number, { weights }: Taps): string {
  const ones = build.floats(new Array<number>(length).fill(1), [length, 1]);
  const square = build.node('Mul', [distance, distance]);
  const cube = build.node('Mul', [square, distance]);
  const powers = build.node('Concat', [ones, distance, square, cube], { axis: { int: 1 } });
  const coefficients = [0, 1, 2, 3].flatMap((power) => weights.map((weight) => weight[power] as number));
  return build.node('MatMul', [powers, build.floats(coefficients, [4, weights.length])]);
}
