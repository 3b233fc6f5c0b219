/** Resizing to a fixed size, held against OpenCV's arithmetic in doubles. */
import t from 'tap';
import { GraphBuilder } from '../../dist/graph/graph-builder.js';
import { separableResize } from '../../dist/graph/separable-resize.js';
import { FLOAT, valueInfo } from '../../dist/graph/tensors.js';
import { opencvResize, planar } from '../fixtures/models/opencv-resize.js';
import {
  bytesOf,
  maxDifference,
  node,
  randomNumbers,
  runModel,
  tinyModel,
} from '../fixtures/models/tiny-model.js';

interface Size {
  width: number;
  height: number;
}

/** Takes pictures of any size. */
function resizer(to: Size, interpolator: 'linear' | 'cubic', opset: number): Uint8Array {
  const model = tinyModel({
    nodes: [node('Identity', ['resized'], ['out'])],
    inputs: [valueInfo('picture', FLOAT, [1, 3, 'h', 'w']), valueInfo('resized', FLOAT, [1, 3, 'y', 'x'])],
    outputs: [valueInfo('out', FLOAT, [1, 3, to.height, to.width])],
    opset,
  });
  const build = new GraphBuilder(model.graph);
  separableResize(build, 'picture', to, interpolator);
  build.replaceInput('resized');
  return bytesOf(model);
}

async function resize(model: Uint8Array, pixels: number[], from: Size): Promise<ArrayLike<number>> {
  const data = Float32Array.from(planar(pixels));
  const picture = { type: 'float32', data, dims: [1, 3, from.height, from.width] };
  return (await runModel(model, { picture })).out?.data as Float32Array;
}

const SIZES: [Size, Size, string][] = [
  [{ width: 40, height: 30 }, { width: 16, height: 12 }, 'smaller'],
  [{ width: 9, height: 7 }, { width: 31, height: 26 }, 'larger'],
  [{ width: 50, height: 5 }, { width: 7, height: 23 }, 'narrower and higher'],
  [{ width: 8, height: 8 }, { width: 8, height: 8 }, 'as it is'],
  [{ width: 1, height: 1 }, { width: 5, height: 4 }, 'from a single pixel'],
  [{ width: 3, height: 2 }, { width: 1, height: 1 }, 'to a single pixel'],
  [{ width: 2, height: 2 }, { width: 64, height: 3 }, 'beyond the reach of the taps'],
];

for (const interpolator of ['linear', 'cubic'] as const)
  for (const [from, to, what] of SIZES)
    t.test(`${interpolator}, ${what}`, async (t) => {
      const random = randomNumbers(from.width * 100 + to.height);
      const pixels = Array.from({ length: from.width * from.height * 3 }, () => Math.floor(random() * 256));
      const scale = { x: to.width / from.width, y: to.height / from.height };
      const expected = opencvResize(pixels, from, to, scale, {
        cubic: interpolator === 'cubic',
        whole: false,
      });
      for (const opset of [11, 13, 17]) {
        const resized = await resize(resizer(to, interpolator, opset), pixels, from);
        t.ok(maxDifference(resized, planar(expected)) < 1e-3, `opset ${opset}`);
      }
    });

t.test('one graph serves pictures of every size', async (t) => {
  const model = resizer({ width: 6, height: 6 }, 'cubic', 11);
  for (const from of [
    { width: 6, height: 6 },
    { width: 600, height: 2 },
    { width: 1, height: 50 },
  ]) {
    const grey = new Array<number>(from.width * from.height * 3).fill(100);
    const resized = await resize(model, grey, from);
    t.ok(maxDifference(resized, new Array<number>(108).fill(100)) < 1e-3, 'grey stays grey');
  }
});

t.test('far out in a wide picture points are still exact', async (t) => {
  const from = { width: 8000, height: 1 };
  const pixels = Array.from({ length: 24_000 }, (_, index) => (Math.floor(index / 3) % 2) * 255);
  const to = { width: 2999, height: 1 };
  const scale = { x: to.width / from.width, y: 1 };
  const expected = opencvResize(pixels, from, to, scale, { cubic: true, whole: false });
  const resized = await resize(resizer(to, 'cubic', 11), pixels, from);
  t.ok(maxDifference(resized, planar(expected)) < 1e-2);
});
