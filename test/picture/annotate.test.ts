/** Drawn detections: readable, inside the picture, and unbroken by hostile labels and boxes. */
import sharp from 'sharp';
import t from 'tap';
import type { Detection } from '../../dist/core/detection.js';
import { annotatePicture, annotationSvg, drawDetections } from '../../dist/picture/annotate.js';

const detection = (
  label: string,
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  score = 0.9,
): Detection => ({
  label,
  labelId: label.length,
  score,
  box: { x1, y1, x2, y2 },
});

/** Attributes of every element of that name. */
function elements(svg: string, name: string): Record<string, string>[] {
  return [...svg.matchAll(new RegExp(`<${name} ([^>]*?)/?>`, 'g'))].map((match) =>
    Object.fromEntries(
      [...(match[1] ?? '').matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
    ),
  );
}

/** The label boxes: those with round corners. */
function tags(svg: string) {
  return elements(svg, 'rect')
    .filter((rect) => rect['rx'] !== undefined)
    .map(({ x, y, width, height }) => ({
      x: Number(x),
      y: Number(y),
      width: Number(width),
      height: Number(height),
    }));
}

t.test('the picture keeps its size, and shows the box where it was found', async (t) => {
  const [width, height] = [320, 240];
  const picture = { width, height, data: new Uint8Array(width * height * 3) };
  const png = await annotatePicture(picture, [detection('cat', 100, 80, 200, 180)], { name: 'a.PNG' });
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  t.match(info, { width, height, channels: 3 });
  const brightness = (x: number, y: number) =>
    [0, 1, 2].reduce((sum, channel) => sum + (data[(y * width + x) * 3 + channel] ?? 0), 0);
  t.ok(brightness(150, 180) > 150, 'the lower line');
  t.ok(brightness(200, 130) > 150, 'the right line');
  t.ok(brightness(300, 220) === 0, 'outside nothing');
  t.ok(brightness(101, 74) > 100, 'the tag above the box');
});

t.test('JPEG is the default, PNG goes by the name', async (t) => {
  const picture = { width: 16, height: 16, data: new Uint8Array(16 * 16 * 3) };
  t.equal((await sharp(await annotatePicture(picture, [])).metadata()).format, 'jpeg');
  t.equal((await sharp(await annotatePicture(picture, [], { name: 'x.jpeg' })).metadata()).format, 'jpeg');
  t.equal((await sharp(await annotatePicture(picture, [], { name: '/a/x.png' })).metadata()).format, 'png');
});

t.test('without detections the pixels stay', async (t) => {
  const data = new Uint8Array(16 * 16 * 3).map((_, index) => index % 251);
  const png = await annotatePicture({ width: 16, height: 16, data }, [], { name: 'x.png' });
  t.strictSame(new Uint8Array(await sharp(png).raw().toBuffer()), data);
});

t.test('labels stay inside the picture, wherever their box is', (t) => {
  const boxes = [
    [-50, -50, 30, 30],
    [290, 210, 400, 400],
    [-500, 100, 900, 120],
    [310, 0, 330, 10],
    [0, 0, 320, 240],
    [5000, 5000, 6000, 6000],
  ] as const;
  for (const [x1, y1, x2, y2] of boxes) {
    const svg = annotationSvg(320, 240, [detection('a rather long label', x1, y1, x2, y2)]);
    for (const tag of tags(svg)) {
      t.ok(tag.x >= 0 && tag.y >= 0 && tag.x + tag.width <= 320.1 && tag.y + tag.height <= 240.1, `${x1}`);
    }
    t.equal(tags(svg).length, 1);
  }
  t.end();
});

t.test('labels of neighbours do not cover each other while there is room', (t) => {
  const svg = annotationSvg(640, 480, [
    detection('person', 100, 100, 300, 400, 0.9),
    detection('person', 102, 101, 290, 380, 0.8),
    detection('person', 104, 102, 280, 360, 0.7),
  ]);
  const all = tags(svg);
  t.equal(all.length, 3);
  for (const [index, a] of all.entries()) {
    for (const b of all.slice(index + 1)) {
      const apart =
        a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
      t.ok(apart, JSON.stringify([a, b]));
    }
  }
  t.end();
});

t.test('pictures for a video come out as they went in, with the same drawing', async (t) => {
  const picture = { width: 64, height: 48, data: new Uint8Array(64 * 48 * 3).fill(80) };
  t.equal(await drawDetections(picture, []), picture.data, 'not even copied when there is nothing to draw');
  const found = [detection('dog', 10, 20, 50, 40)];
  const drawn = await drawDetections(picture, found);
  t.equal(drawn.length, picture.data.length);
  const png = await sharp(await annotatePicture(picture, found, { name: 'x.png' }))
    .raw()
    .toBuffer();
  t.ok(Buffer.from(drawn).equals(png));
  t.ok(
    picture.data.every((value) => value === 80),
    'the picture itself is left alone',
  );
});

t.test('lines and letters grow with the picture', (t) => {
  const sizes = [100, 1000, 4000].map((side) => {
    const svg = annotationSvg(side, side, [detection('a', 10, 10, 50, 50)]);
    return Number(/font-size="([\d.]+)"/.exec(svg)?.[1]);
  });
  t.ok(sizes.every((size) => size >= 9 && size <= 72));
  t.strictSame(
    sizes,
    [...sizes].sort((a, b) => a - b),
  );
  t.ok(new Set(sizes).size === 3);
  t.end();
});

t.test('hostile labels, scores and boxes neither break out nor fail', async (t) => {
  const labels = [
    '</text><script>alert(1)</script>',
    '&amp; "quoted" \'',
    '\0\u0007\ud800',
    '日本語 🚗',
    '',
    'x'.repeat(10_000),
  ];
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1e308];
  const detections = [
    ...labels.map((label) => detection(label, 10, 10, 50, 50)),
    ...odd.map((value) => detection('odd', value, value, 50, value, value)),
  ];
  const svg = annotationSvg(64, 48, detections);
  t.notMatch(svg, /<script|NaN|Infinity|\0/);
  t.ok(svg.length < 20_000, 'long labels are cut');
  const picture = { width: 64, height: 48, data: new Uint8Array(64 * 48 * 3) };
  t.equal((await sharp(await annotatePicture(picture, detections)).metadata()).width, 64);
  const dot = { width: 1, height: 1, data: new Uint8Array(3) };
  t.equal((await sharp(await annotatePicture(dot, detections)).metadata()).width, 1);
});
