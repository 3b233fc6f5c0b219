/** What is seen in pictures: drawn ones, so that it is known what they show. */
import t from 'tap';
import { PictureWatch, type PictureWatchOptions, type Sight } from '../../dist/capture/picture-watch.js';

const [W, H] = [640, 360];
const S = 1_000_000;

type Level = (x: number, y: number) => number;

function picture(level: Level, width = W, height = H, channels = 3) {
  const data = new Uint8Array(width * height * channels);
  for (let pixel = 0; pixel < width * height; pixel += 1)
    data.fill(
      level(pixel % width, Math.floor(pixel / width)),
      pixel * channels,
      pixel * channels + Math.min(3, channels),
    );
  return { data, width, height };
}

/** A scene with something in it; `seed` moves all of it. */
const scene =
  (seed: number): Level =>
  (x, y) =>
    (x * 3 + y * 5 + seed * 17) % 200;

/** Noise of so many grey levels around one. */
function noise(around: number, levels: number, seed: number): Level {
  let state = seed * 7919 + 1;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return around + Math.round((state / 2_147_483_648 - 0.5) * levels);
  };
}

function watch(options: Partial<PictureWatchOptions> = {}): PictureWatch {
  return new PictureWatch({ frozenAfterMs: 4000, blackAfterMs: 3000, channels: 3, ...options });
}

/** What is seen after each of these pictures, ten a second, from `fromS` on. */
function seen(eye: PictureWatch, pictures: ReturnType<typeof picture>[], fromS = 0): Sight[] {
  return pictures.map((one, index) => eye.look(one, fromS * S + index * 100_000));
}

const same = (level: Level, count: number) => new Array(count).fill(picture(level));
const moving = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => picture(scene(from + index)));

t.test('pictures that move are online', async (t) => {
  t.same(new Set(seen(watch(), moving(60))), new Set(['online']));
});

t.test('the same picture for four seconds is frozen, and the first other one is not', async (t) => {
  const eye = watch();
  const sights = seen(eye, [...moving(20, 100), ...same(scene(7), 45)]);
  const first = sights.indexOf('frozen');
  t.ok(first >= 60 && first <= 62, `after ${first - 20} pictures`);
  t.same(new Set(sights.slice(first)), new Set(['frozen']));
  t.same(seen(eye, moving(3), 10), ['online', 'online', 'online']);
});

t.test('a picture that comes back between others is not frozen', async (t) => {
  const blinking = Array.from({ length: 100 }, (_, index) => picture(scene(index % 2)));
  t.notOk(seen(watch(), blinking).includes('frozen'));
});

t.test('a part of the picture that moves is enough', async (t) => {
  const walking = Array.from({ length: 60 }, (_, index) =>
    picture((x, y) => (Math.abs(x - index * 10) < 12 && Math.abs(y - 180) < 12 ? 255 : scene(0)(x, y))),
  );
  t.notOk(seen(watch(), walking).includes('frozen'));
});

t.test('slow cameras are frozen after three pictures at the earliest', async (t) => {
  const eye = watch();
  const one = picture(scene(1));
  t.same(
    [0, 10, 20, 30].map((second) => eye.look(one, second * S)),
    ['online', 'online', 'frozen', 'frozen'],
  );
});

t.test(
  'no contrast for three seconds is black, with noise and with writing in the picture, too',
  async (t) => {
    const written =
      (inner: Level): Level =>
      (x, y) =>
        y < 14 && x < 300 && (x + y) % 3 === 0 ? 255 : inner(x, y);
    for (const [what, levels] of [
      ['black', (seed: number) => noise(16, 4, seed)],
      ['covered', (seed: number) => noise(90, 8, seed)],
      ['black with writing', (seed: number) => written(noise(16, 4, seed))],
    ] as const) {
      const eye = watch();
      const dark = Array.from({ length: 45 }, (_, index) => picture(levels(index)));
      const sights = seen(eye, [...moving(10), ...dark]);
      const first = sights.indexOf('black');
      t.ok(first >= 40 && first <= 43, `${what}: after ${first - 10} pictures`);
      t.equal(sights.at(-1), 'black', what);
      t.equal(seen(eye, moving(4), 20).at(-1), 'online', what);
    }
  },
);

t.test('a lamp in a dark yard, and a ball before nothing, is something to be seen', async (t) => {
  const ball = Array.from({ length: 60 }, (_, index) => {
    const dark = noise(10, 3, index);
    return picture((x, y) => (Math.hypot(x - 320, y - 180) < 13 ? 255 : dark(x, y)));
  });
  t.same(new Set(seen(watch(), ball)), new Set(['online']));
});

t.test('contrast about the limit does not flicker', async (t) => {
  const eye = watch();
  const faint = (levels: number, count: number, from: number) =>
    seen(
      eye,
      Array.from({ length: count }, (_, index) => picture(noise(50, levels, index))),
      from,
    );
  // Evenly spread noise has a deviation of its width by the square root of twelve.
  t.notOk(faint(17, 40, 0).includes('black'), 'not low enough to begin with');
  t.equal(faint(8, 40, 10).at(-1), 'black');
  t.equal(faint(17, 40, 20).at(-1), 'black', 'not high enough to end with');
  t.equal(faint(30, 10, 30).at(-1), 'online');
});

t.test('a black picture that stands still is black', async (t) => {
  t.equal(
    seen(
      watch(),
      same(() => 0, 60),
    ).at(-1),
    'black',
  );
});

t.test('what nobody asks for is not seen', async (t) => {
  t.equal(
    seen(
      watch({ blackAfterMs: undefined }),
      same(() => 0, 60),
    ).at(-1),
    'frozen',
  );
  t.equal(seen(watch({ frozenAfterMs: undefined }), same(scene(1), 60)).at(-1), 'online');
});

t.test('another size, and a new start, begin anew', async (t) => {
  const eye = watch();
  t.equal(seen(eye, same(scene(1), 60)).at(-1), 'frozen');
  t.equal(eye.look(picture(scene(1), 320, 240), 6 * S), 'online');
  t.equal(seen(eye, same(scene(1), 60), 7).at(-1), 'frozen');
  eye.reset();
  t.equal(seen(eye, same(scene(1), 1), 14).at(-1), 'online');
});

t.test('pictures of any shape are looked at', async (t) => {
  for (const [width, height, channels] of [
    [1, 1, 3],
    [7, 3, 4],
    [4096, 16, 4],
    [416, 416, 3],
  ] as const) {
    const eye = watch({ channels, blackAfterMs: undefined });
    const still = new Array(60).fill(picture(scene(1), width, height, channels));
    t.equal(seen(eye, still).at(-1), 'frozen', `${width}×${height}`);
  }
});
