/** A model on tiles: what each tile holds, where its detections end up, and what is counted. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import type { Detection } from '../../dist/core/detection.js';
import { DEFAULT_SLICING, type Slicing } from '../../dist/core/slicing.js';
import type { ModelRunner, Picture } from '../../dist/worker/model-runner.js';
import { SlicedRunner } from '../../dist/worker/sliced-runner.js';
import { modelReport } from '../helpers/worker-parts.js';

const SLICING: Slicing = { ...DEFAULT_SLICING, tile: 32, overlap: 0, whole: false };

/** A picture whose pixels say where they are: red is x, green is y. */
function picture(width: number, height: number, channels = 3): Picture {
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) data.set([x, y], (y * width + x) * channels);
  return { width, height, sourceWidth: width, sourceHeight: height, data };
}

/** A model that finds what `find` says, and remembers where the first and the last pixel of each picture lay. */
function fake(find: (seen: Picture) => Detection[] = () => [], channels = 3) {
  const seen: { size: [number, number]; first: [number, number]; last: [number, number] }[] = [];
  const runner: Pick<ModelRunner, 'run' | 'report'> = {
    report: modelReport({ mode: 'exact', networkWidth: 64, networkHeight: 48 }),
    run: async (part) => {
      const at = (index: number): [number, number] => [
        part.data[index * channels] as number,
        part.data[index * channels + 1] as number,
      ];
      const pixels = part.width * part.height;
      t.equal(part.data.length, pixels * channels);
      t.strictSame([part.sourceWidth, part.sourceHeight], [part.width, part.height]);
      seen.push({ size: [part.width, part.height], first: at(0), last: at(pixels - 1) });
      return { detections: find(part), faint: [], inferMs: 10, decodeMs: 1 };
    },
  };
  return { seen, runner };
}

function thing(x1: number, y1: number, x2: number, y2: number, score = 0.9): Detection {
  return { label: 'thing', labelId: 0, score, box: { x1, y1, x2, y2 } };
}

for (const [format, channels] of [
  ['RGB', 3],
  ['RGBA', 4],
] as const)
  t.test(`each tile of a ${format} picture is its part of the picture`, async (t) => {
    const { seen, runner } = fake(() => [], channels);
    const outcome = await new SlicedRunner(runner, format).run(picture(64, 50, channels), SLICING);
    t.strictSame(seen, [
      { size: [32, 32], first: [0, 0], last: [31, 31] },
      { size: [32, 32], first: [32, 0], last: [63, 31] },
      { size: [32, 32], first: [0, 18], last: [31, 49] },
      { size: [32, 32], first: [32, 18], last: [63, 49] },
    ]);
    t.match(outcome, { tiles: 4, inferMs: 40, detections: [] });
    t.ok(outcome.decodeMs >= 4);
  });

t.test('detections lie where they lie in the picture, one per object, best first', async (t) => {
  let tile = 0;
  const { runner } = fake(() => {
    tile += 1;
    return tile === 1 ? [thing(20, 4, 32, 20, 0.6)] : [thing(0, 4, 10, 20, 0.7), thing(12, 2, 20, 10, 0.8)];
  });
  const { detections } = await new SlicedRunner(runner, 'RGB').run(picture(56, 32), {
    ...SLICING,
    overlap: 0.25,
  });
  t.match(
    detections.map(({ score, box }) => [score, box]),
    [
      [0.8, { x1: 36, y1: 2, x2: 44, y2: 10 }],
      [0.7, { x1: 20, y1: 4, x2: 34, y2: 20 }],
    ],
  );
});

t.test('the whole picture is analysed last where that is wanted, and wins over the parts', async (t) => {
  const { seen, runner } = fake(({ width }) => [thing(0, 0, width, 32, width === 64 ? 0.5 : 0.9)]);
  const data = picture(64, 32);
  const { detections, tiles, inferMs } = await new SlicedRunner(runner, 'RGB').run(data, {
    ...SLICING,
    whole: true,
  });
  t.strictSame(seen.at(-1), { size: [64, 32], first: [0, 0], last: [63, 31] });
  t.strictSame(detections, [thing(0, 0, 64, 32, 0.9)]);
  t.strictSame([tiles, inferMs], [2, 30]);
});

t.test('a picture no larger than a tile is analysed once, as it is', async (t) => {
  const { seen, runner } = fake(() => [thing(1, 1, 2, 2)]);
  const small = picture(20, 32);
  const outcome = await new SlicedRunner(runner, 'RGB').run(small, { ...SLICING, whole: true });
  t.equal(seen.length, 1);
  t.match(outcome, { tiles: 1, faint: [], inferMs: 10, decodeMs: 1, detections: [thing(1, 1, 2, 2)] });
});

t.test('auto takes the size of the network', async (t) => {
  const { seen, runner } = fake();
  await new SlicedRunner(runner, 'RGB').run(picture(100, 60), { ...SLICING, tile: 'auto' });
  t.strictSame(new Set(seen.map(({ size }) => size.join('×'))), new Set(['64×48']));
});

t.test('every inference is told of, so that nobody takes many tiles for a hang', async (t) => {
  const { runner } = fake();
  let told = 0;
  await new SlicedRunner(runner, 'RGB').run(picture(64, 64), { ...SLICING, whole: true }, () => {
    told += 1;
  });
  t.equal(told, 5);
});

t.test('pictures and settings may change from one to the next', async (t) => {
  const { seen, runner } = fake();
  const sliced = new SlicedRunner(runner, 'RGB');
  for (let width = 33; width < 60; width += 1)
    t.equal((await sliced.run(picture(width, 32), SLICING)).tiles, 2);
  t.equal((await sliced.run(picture(64, 32), { ...SLICING, tile: 64 })).tiles, 1);
  t.equal((await sliced.run(picture(64, 32), { ...SLICING, overlap: 0.5 })).tiles, 3);
  t.strictSame(seen.at(-1)?.last, [63, 31]);
});

t.test('too many tiles are refused, and a fault of the model comes as it is', async (t) => {
  const { runner } = fake();
  const sliced = new SlicedRunner(runner, 'RGB');
  await t.rejects(sliced.run(picture(255, 255), { ...SLICING, overlap: 0.9 }), { code: 'SLICING_TOO_FINE' });
  runner.run = async () => {
    throw new DetectdError('MODEL_RUN', 'no');
  };
  await t.rejects(sliced.run(picture(64, 32), SLICING), { code: 'MODEL_RUN' });
});
