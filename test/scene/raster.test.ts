/** Filling outlines: exact coverage, clipping, holes, and who owns which pixel. */
import t from 'tap';
import { type Canvas, extentOf, fillOutlines } from '../../dist/scene/raster.js';
import { outlinesArea, placeOutlines, SHAPE_LABELS, SHAPE_OUTLINES } from '../../dist/scene/shapes.js';

type Painted = Canvas & { owner: Uint8Array; shown: Int32Array };

function canvas(width: number, height: number): Painted {
  const pixels = width * height;
  return {
    width,
    height,
    data: new Uint8ClampedArray(pixels * 3),
    owner: new Uint8Array(pixels),
    shown: new Int32Array(65),
  };
}

const WHITE = { from: [255, 255, 255], to: [255, 255, 255], opacity: 1 } as const;

function rectangle(x1: number, y1: number, x2: number, y2: number): Float64Array {
  return Float64Array.of(x1, y1, x2, y1, x2, y2, x1, y2);
}

function red(painted: Canvas, x: number, y: number): number {
  return painted.data[(y * painted.width + x) * 3] ?? -1;
}

t.test('whole pixels are filled wholly, parts of pixels by their part', async (t) => {
  const painted = canvas(8, 8);
  fillOutlines(painted, [rectangle(2, 2, 4.5, 5.25)], WHITE);
  t.equal(red(painted, 2, 2), 255);
  t.equal(red(painted, 4, 2), 128, 'half a pixel to the right');
  t.equal(red(painted, 3, 5), 64, 'a quarter of a pixel below');
  t.equal(red(painted, 5, 2), 0);
  t.equal(red(painted, 1, 3), 0);
});

t.test('opacity mixes with what is below, and colours run from top to bottom', async (t) => {
  const painted = canvas(4, 100);
  fillOutlines(painted, [rectangle(0, 0, 4, 100)], { from: [0, 0, 0], to: [200, 0, 0], opacity: 0.5 });
  t.ok(Math.abs(red(painted, 1, 99) - 100) <= 1);
  t.ok(Math.abs(red(painted, 1, 49) - 50) <= 1);
});

t.test('every class fills its area and its extent, at any angle', async (t) => {
  for (const label of SHAPE_LABELS) {
    for (const angle of [0, 0.4, 2]) {
      const painted = canvas(120, 120);
      const outlines = placeOutlines(SHAPE_OUTLINES[label], 60.3, 58.7, 40, angle);
      fillOutlines(painted, outlines, { ...WHITE, object: 3 });
      let sum = 0;
      const box = { x1: 120, y1: 120, x2: 0, y2: 0 };
      for (let y = 0; y < 120; y += 1) {
        for (let x = 0; x < 120; x += 1) {
          sum += red(painted, x, y) / 255;
          if (red(painted, x, y) === 0) continue;
          box.x1 = Math.min(box.x1, x);
          box.y1 = Math.min(box.y1, y);
          box.x2 = Math.max(box.x2, x + 1);
          box.y2 = Math.max(box.y2, y + 1);
        }
      }
      const area = outlinesArea(outlines);
      t.ok(Math.abs(sum / area - 1) < 0.01, `${label} covers ${sum} of ${area}`);
      t.ok(Math.abs((painted.shown[3] ?? 0) / area - 1) < 0.03, `${label} owns its pixels`);
      const extent = extentOf(outlines);
      for (const side of ['x1', 'y1', 'x2', 'y2'] as const)
        t.ok(Math.abs(box[side] - extent[side]) <= 1.5, `${label} ${side}: ${box[side]} for ${extent[side]}`);
    }
  }
});

t.test('a hole shows what is behind it', async (t) => {
  const painted = canvas(40, 40);
  fillOutlines(painted, placeOutlines(SHAPE_OUTLINES.ring, 20, 20, 15, 0), { ...WHITE, object: 1 });
  t.equal(red(painted, 20, 20), 0);
  t.equal(painted.owner[20 * 40 + 20], 0);
  t.equal(red(painted, 20, 8), 255);
});

t.test('an object loses the pixels that the next one covers', async (t) => {
  const painted = canvas(20, 20);
  fillOutlines(painted, [rectangle(0, 0, 10, 10)], { ...WHITE, object: 1 });
  fillOutlines(painted, [rectangle(5, 0, 15, 10)], { ...WHITE, object: 2 });
  t.strictSame([painted.shown[1], painted.shown[2]], [50, 100]);
});

t.test('what lies outside the canvas is left out, on every side', async (t) => {
  const painted = canvas(10, 6);
  fillOutlines(painted, [rectangle(-50, -50, 60, 60)], { ...WHITE, object: 1 });
  t.equal(painted.shown[1], 60);
  const empty = canvas(10, 6);
  for (const away of [
    rectangle(20, 0, 30, 5),
    rectangle(-9, 0, -1, 5),
    rectangle(0, 8, 5, 12),
    rectangle(0, -9, 5, 0),
  ])
    fillOutlines(empty, [away], { ...WHITE, object: 1 });
  t.equal(empty.shown[1], 0);
  t.ok(empty.data.every((value) => value === 0));
});
