/** Draws one picture of the demo's scene into a file: scripts/demo-picture.mjs FILE. */
import sharp from 'sharp';
import { Scene } from '../dist/scene/scene.js';

const { SHAPES_SEED, SHAPES_CUT, SHAPES_WIDTH, SHAPES_HEIGHT } = process.env;
const [width, height] = [Number(SHAPES_WIDTH), Number(SHAPES_HEIGHT)];
const scene = new Scene({
  seed: Number(SHAPES_SEED),
  cutSeconds: Number(SHAPES_CUT),
  width,
  height,
  objects: 4,
  plain: true,
});
const { data } = scene.draw(2.5);
await sharp(data, { raw: { width, height, channels: 3 } })
  .png()
  .toFile(process.argv[2]);
