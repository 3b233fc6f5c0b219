/** A 4K picture of small shapes, and how many of them detectd finds in it, whole and in tiles. */
import { join } from 'node:path';
import sharp from 'sharp';
import { scoreMessage } from '../../dist/commands/selftest-score.js';
import { makeActors, poseAt } from '../../dist/scene/actor.js';
import { paintBackdrop } from '../../dist/scene/backdrop.js';
import { Prng } from '../../dist/scene/prng.js';
import { extentOf, fillOutlines } from '../../dist/scene/raster.js';
import { placeOutlines, SHAPE_OUTLINES } from '../../dist/scene/shapes.js';
import { detectd, inFolder } from './programs.mjs';

const WIDTH = 3840;
const HEIGHT = 2160;
const COLUMNS = 10;
const ROWS = 6;
/** Radius in pixels: far below what is left of it when 3840 pixels become 256. */
const RADIUS = [24, 44];
const BUNDLE = 'config/bundles/shapes';
const THRESHOLD = '0.5';
const TILE = '512';

/** Objects found in `pictures` pictures: `{ objects, whole: { right, wrong }, sliced: { right, wrong } }`. */
export function findSmallObjects(pictures) {
  return inFolder(async (folder) => {
    const truths = [];
    const files = [];
    for (let seed = 1; seed <= pictures; seed += 1) {
      files.push(join(folder, `${seed}.jpg`));
      truths.push(await draw(seed, files.at(-1)));
    }
    return {
      objects: truths.flat().length,
      whole: await score(files, truths, []),
      sliced: await score(files, truths, ['--slice', TILE]),
    };
  });
}

/** One shape in each field of a grid, so that all can be seen whole. Returns the truth. */
async function draw(seed, file) {
  const random = new Prng(seed);
  const canvas = { width: WIDTH, height: HEIGHT, data: new Uint8ClampedArray(WIDTH * HEIGHT * 3) };
  const mean = paintBackdrop(canvas, random, true);
  const actors = makeActors(random, COLUMNS * ROWS, mean, true);
  const truth = actors.map((actor, at) => {
    const [stepX, stepY] = [WIDTH / COLUMNS, HEIGHT / ROWS];
    const x = ((at % COLUMNS) + random.range(0.3, 0.7)) * stepX;
    const y = (Math.floor(at / COLUMNS) + random.range(0.3, 0.7)) * stepY;
    const { angle } = poseAt(actor, 0, WIDTH, HEIGHT);
    const outlines = placeOutlines(SHAPE_OUTLINES[actor.label], x, y, random.range(...RADIUS), angle);
    fillOutlines(canvas, outlines, { ...actor.fill, opacity: 1 });
    const { x1, y1, x2, y2 } = extentOf(outlines);
    return { label: actor.label, corners: [x1, y1, x2, y2] };
  });
  const raw = { width: WIDTH, height: HEIGHT, channels: 3 };
  await sharp(Buffer.from(canvas.data.buffer), { raw }).jpeg({ quality: 92 }).toFile(file);
  return truth;
}

async function score(files, truths, options) {
  const args = ['detect', '--bundle', BUNDLE, '--threshold', THRESHOLD, '--json', ...options, ...files];
  const { status, stdout, stderr } = await detectd(...args);
  if (status !== 0) throw new Error(stderr.trim());
  const sum = { right: 0, wrong: 0 };
  for (const [at, line] of stdout.trim().split('\n').entries()) {
    const objects = JSON.parse(line).detections.map(({ label, score: confidence, box }) => {
      return { label, confidence, corners: box };
    });
    const { right, wrong } = scoreMessage({ objects, truth: truths[at], unsure: [] });
    sum.right += right;
    sum.wrong += wrong;
  }
  return sum;
}
