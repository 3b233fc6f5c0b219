import t from 'tap';
import type { PictureGeometry } from '../../../dist/core/picture-geometry.js';
import type { TensorValue } from '../../../dist/core/prepared-graph.js';
import { PicodetDecoder, type PicodetOptions } from '../../../dist/inference/decoders/picodet.js';
import { picodetReference, type ReferenceLevel } from '../../fixtures/models/picodet-reference.js';
import { randomNumbers } from '../../fixtures/models/tiny-model.js';

const BINS = 8;
const SIZE = { width: 61, height: 45 };
const geometry: PictureGeometry = {
  imageWidth: 122,
  imageHeight: 90,
  scaleX: 0.5,
  scaleY: 0.25,
  resizedWidth: SIZE.width,
  resizedHeight: SIZE.height,
};
const options = (more: Partial<PicodetOptions> = {}): PicodetOptions => ({
  threshold: 0.4,
  labels: ['a', 'b', 'c'],
  levels: [8, 16, 32].map((stride) => ({
    stride,
    gridWidth: Math.ceil(SIZE.width / stride),
    gridHeight: Math.ceil(SIZE.height / stride),
  })),
  bestScores: false,
  bins: BINS,
  iouThreshold: 0.5,
  topK: 1000,
  keepTopK: 100,
  ...more,
});

function randomLevels(seed: number, { levels, labels }: PicodetOptions): ReferenceLevel[] {
  const next = randomNumbers(seed);
  return levels.map(({ stride, gridWidth, gridHeight }) => ({
    stride,
    gridWidth,
    scores: Array.from({ length: gridWidth * gridHeight }, () => labels.map(() => Math.fround(next()))),
    logits: Array.from({ length: gridWidth * gridHeight }, () =>
      Array.from({ length: 4 * BINS }, () => Math.fround(next() * 8 - 4)),
    ),
  }));
}

function tensors(levels: ReferenceLevel[]): TensorValue[] {
  const tensor = (rows: number[][]): TensorValue => ({
    type: 'float32',
    data: Float32Array.from(rows.flat()),
    dims: [1, rows.length, rows[0]?.length ?? 0],
  });
  return [...levels.map(({ scores }) => tensor(scores)), ...levels.map(({ logits }) => tensor(logits))];
}

/** One anchor with a box of one stride to each side, everything else silent. */
function single(anchor: number, scores: number[]): TensorValue[] {
  const levels = randomLevels(1, options());
  for (const level of levels) {
    level.scores = level.scores.map((row) => row.map(() => 0));
    level.logits = level.logits.map((row) => row.map((_, k) => (k % BINS === 1 ? 50 : 0)));
  }
  (levels[0] as ReferenceLevel).scores[anchor] = scores;
  return tensors(levels);
}

for (const [name, change] of Object.entries({
  'as usual': {},
  'at a low threshold': { threshold: 0.01 },
  'with few anchors per level': { threshold: 0.3, topK: 5 },
  'with few boxes per class': { keepTopK: 2 },
  'with everything overlapping': { iouThreshold: 0.01 },
  'with nothing suppressed': { threshold: 0.1, iouThreshold: 1 },
} satisfies Record<string, Partial<PicodetOptions>>)) {
  t.test(`finds what the Python original finds ${name}`, async (t) => {
    const chosen = options(change);
    const decoder = new PicodetDecoder(chosen);
    for (let seed = 1; seed <= 5; seed += 1) {
      const levels = randomLevels(seed, chosen);
      const expected = picodetReference(levels, { ...chosen, ...SIZE, scaleX: 0.5, scaleY: 0.25 });
      const found = decoder.decode(tensors(levels), geometry);
      t.ok(expected.length > 0);
      t.same(
        found.map(({ labelId, score }) => [labelId, score]),
        expected.map(({ labelId, score }) => [labelId, score]),
      );
      const far = found.filter(({ box }, i) =>
        Object.values(box).some((value, k) => Math.abs(value - (expected[i]?.box[k] as number)) > 1e-4),
      );
      t.same(far, []);
    }
  });
}

t.test('a box lies around its anchor, in pixels of the original picture', async (t) => {
  const found = new PicodetDecoder(options()).decode(single(10, [0, 0.75, 0]), geometry);
  t.same(
    found.map(({ label, labelId, score }) => ({ label, labelId, score })),
    [{ label: 'b', labelId: 1, score: 0.75 }],
  );
  const { x1, y1, x2, y2 } = found[0]?.box ?? { x1: 0, y1: 0, x2: 0, y2: 0 };
  t.same(
    [x1, y1, x2, y2].map((v) => Math.round(v * 1000) / 1000),
    [24, 16, 56, 80],
    'centre 20,12 in the network',
  );
});

t.test('one anchor may be of several classes', async (t) => {
  const found = new PicodetDecoder(options()).decode(single(10, [0.5, 0, 0.6]), geometry);
  t.same(
    found.map(({ label }) => label),
    ['c', 'a'],
  );
});

t.test('a score must be above the threshold, not at it', async (t) => {
  const decoder = new PicodetDecoder(options({ threshold: 0.5 }));
  t.same(decoder.decode(single(3, [0.5, 0, 0]), geometry), []);
  t.equal(decoder.decode(single(3, [0.5000001, 0, 0]), geometry).length, 1);
});

t.test('boxes are cut at the picture', async (t) => {
  const { box } = new PicodetDecoder(options()).decode(single(0, [1, 0, 0]), geometry)[0] ?? {};
  t.same([box?.x1, box?.y1], [0, 0]);
});

t.test('numbers that are none give no detections and no faults', async (t) => {
  const outputs = single(10, [Number.NaN, 0.75, Number.NEGATIVE_INFINITY]);
  const decoder = new PicodetDecoder(options());
  t.same(
    decoder.decode(outputs, geometry).map(({ label }) => label),
    ['b'],
  );
  outputs[3]?.data.fill(Number.NaN as never);
  t.same(decoder.decode(outputs, geometry), []);
  for (const output of outputs) output.data.fill(Number.POSITIVE_INFINITY as never);
  t.same(decoder.decode(outputs, geometry), []);
});

t.test('nothing of one picture stays for the next', async (t) => {
  const decoder = new PicodetDecoder(options({ threshold: 0.01 }));
  decoder.decode(tensors(randomLevels(7, options())), geometry);
  t.same(decoder.decode(single(10, [0, 0, 0]), geometry), []);
});

t.test('outputs that are missing, short or of another type are refused', async (t) => {
  const decoder = new PicodetDecoder(options());
  const outputs = single(10, [0, 0, 0]);
  t.throws(() => decoder.decode(outputs.slice(0, 5), geometry), { code: 'MODEL_RUN', message: /no tensor/ });
  const short = outputs.with(0, { type: 'float32', data: new Float32Array(3), dims: [1, 1, 3] });
  t.throws(() => decoder.decode(short, geometry), { code: 'MODEL_RUN', message: /float32 \[1,1,3\]/ });
  const half = outputs.with(0, {
    type: 'float16',
    data: new Uint16Array(outputs[0]?.data.length ?? 0),
    dims: [1],
  });
  t.throws(() => decoder.decode(half, geometry), { code: 'MODEL_RUN', message: /float16/ });
});

t.test('with the best scores of the anchors given, the same is found', (t) => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const plain = options({ threshold: 0.9, topK: 7 });
    const levels = randomLevels(seed, plain);
    const best = Float32Array.from(levels.flatMap(({ scores }) => scores.map((row) => Math.max(...row))));
    const outputs = tensors(levels);
    const wanted = new PicodetDecoder(plain).decode(outputs, geometry);
    const told: TensorValue = { type: 'float32', data: best, dims: [1, best.length] };
    const decoder = new PicodetDecoder({ ...plain, bestScores: true });
    t.ok(wanted.length > 0);
    t.same(decoder.decode([...outputs, told], geometry), wanted);
  }
  t.end();
});

t.test('best scores of another size are refused', (t) => {
  const decoder = new PicodetDecoder(options({ bestScores: true }));
  const told: TensorValue = { type: 'float32', data: new Float32Array(3), dims: [1, 3] };
  const outputs = tensors(randomLevels(1, options()));
  t.throws(() => decoder.decode([...outputs, told], geometry), { code: 'MODEL_RUN' });
  t.throws(() => decoder.decode(outputs, geometry), { code: 'MODEL_RUN' });
  t.end();
});
