/** Against plain code that does the same without any of the tricks: Paddle's multiclass_nms3 in a few lines. */
import t from 'tap';
import type { PictureGeometry } from '../../../dist/core/picture-geometry.js';
import type { TensorValue } from '../../../dist/core/prepared-graph.js';
import {
  ScoredBoxesDecoder,
  type ScoredBoxesOptions,
} from '../../../dist/inference/decoders/scored-boxes.js';
import { randomNumbers } from '../../fixtures/models/tiny-model.js';

const GEOMETRY: PictureGeometry = {
  ...{ imageWidth: 200, imageHeight: 400, scaleX: 0.5, scaleY: 0.25, resizedWidth: 100, resizedHeight: 100 },
};
const ANCHORS = 300;
const LABELS = ['a', 'b', 'c'];

interface Anchor {
  box: number[];
  scores: number[];
}

function anchors(seed: number): Anchor[] {
  const next = randomNumbers(seed);
  return Array.from({ length: ANCHORS }, () => {
    const [x, y] = [next() * 90 - 5, next() * 90 - 5];
    const box = [x, y, x + 5 + next() * 30, y + 5 + next() * 30].map(Math.fround);
    return { box, scores: LABELS.map(() => Math.fround(next())) };
  });
}

const options = (changes: Partial<ScoredBoxesOptions> = {}): ScoredBoxesOptions => ({
  ...{ threshold: 0.3, labels: LABELS, family: 'made up', bestOutput: undefined },
  ...{ scoreThreshold: 0.01, iouThreshold: 0.5, enterPerClass: 50, keepPerClass: 0, keep: 60 },
  ...changes,
  form: {
    ...{ layout: 'apart', boxesOutput: 0, scoresOutput: 1, boxes: 'corners', pixels: 'original' },
    ...{ clipped: false, anchors: ANCHORS },
    ...changes.form,
  },
});

const tensor = (data: number[], dims: number[]): TensorValue => ({
  ...{ type: 'float32', data: Float32Array.from(data), dims },
});

function outputs(all: Anchor[], layout: 'apart' | 'rows' | 'columns', centre = false): TensorValue[] {
  const boxes = all.map(({ box: [x1 = 0, y1 = 0, x2 = 0, y2 = 0] }) =>
    centre ? [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1] : [x1, y1, x2, y2],
  );
  if (layout === 'apart')
    return [
      tensor(boxes.flat(), [1, ANCHORS, 4]),
      tensor(
        LABELS.flatMap((_, label) => all.map(({ scores }) => scores[label] as number)),
        [1, 3, ANCHORS],
      ),
    ];
  const rows = all.map(({ scores }, at) => [...(boxes[at] as number[]), ...scores]);
  if (layout === 'rows') return [tensor(rows.flat(), [1, ANCHORS, 7])];
  return [
    tensor(
      [0, 1, 2, 3, 4, 5, 6].flatMap((item) => rows.map((row) => row[item] as number)),
      [1, 7, ANCHORS],
    ),
  ];
}

function overlap(
  [ax1 = 0, ay1 = 0, ax2 = 0, ay2 = 0]: number[],
  [bx1 = 0, by1 = 0, bx2 = 0, by2 = 0]: number[],
) {
  const common =
    Math.max(0, Math.min(ax2, bx2) - Math.max(ax1, bx1)) *
    Math.max(0, Math.min(ay2, by2) - Math.max(ay1, by1));
  return common / ((ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - common);
}

/** [label, score, box] each, best first. */
function expected(all: Anchor[], { threshold, iouThreshold, enterPerClass, keep }: ScoredBoxesOptions) {
  const kept = LABELS.flatMap((_, label) => {
    const entries = all
      .map(({ box, scores }) => ({ label, score: scores[label] as number, box }))
      .filter(({ score }) => score > threshold)
      .sort((a, b) => b.score - a.score)
      .slice(0, enterPerClass);
    const stay: typeof entries = [];
    for (const entry of entries)
      if (stay.every(({ box }) => overlap(box, entry.box) <= iouThreshold)) stay.push(entry);
    return stay;
  });
  return kept.sort((a, b) => b.score - a.score).slice(0, keep);
}

for (const layout of ['apart', 'rows', 'columns'] as const)
  t.test(`finds what plain code finds in numbers that lie in ${layout}`, async (t) => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const all = anchors(seed);
      const chosen = options({ form: { ...options().form, layout } });
      const decoder = new ScoredBoxesDecoder(chosen);
      const found = decoder.decode(outputs(all, layout), GEOMETRY);
      const wanted = expected(all, chosen);
      t.ok(wanted.length > 20, 'there is something to find');
      t.same(
        found.map(({ labelId, score, box }) => [labelId, score, box.x1, box.y1, box.x2, box.y2]),
        wanted.map(({ label, score, box }) => [label, score, ...box]),
      );
    }
  });

t.test('the graph may say where to look, with the same result', async (t) => {
  const all = anchors(9);
  const given = outputs(all, 'apart');
  const plain = new ScoredBoxesDecoder(options()).decode(given, GEOMETRY);
  const best = tensor(
    all.map(({ scores }) => Math.max(...scores)),
    [1, ANCHORS],
  );
  t.same(new ScoredBoxesDecoder(options({ bestOutput: 2 })).decode([...given, best], GEOMETRY), plain);
});

t.test(
  'boxes in pixels of the network come back in those of the picture, clipped if so wanted',
  async (t) => {
    const all = anchors(3);
    const network = new ScoredBoxesDecoder(options({ form: { ...options().form, pixels: 'network' } }));
    const clipped = new ScoredBoxesDecoder(
      options({ form: { ...options().form, pixels: 'network', clipped: true } }),
    );
    const plain = new ScoredBoxesDecoder(options()).decode(outputs(all, 'apart'), GEOMETRY);
    const far = network.decode(outputs(all, 'apart'), GEOMETRY);
    const near = clipped.decode(outputs(all, 'apart'), GEOMETRY);
    t.same(
      far.map(({ box }) => box.x2),
      plain.map(({ box }) => box.x2 / 0.5),
    );
    t.same(
      far.map(({ box }) => box.y1),
      plain.map(({ box }) => box.y1 / 0.25),
    );
    t.same(
      near.map(({ box }) => box.x1),
      plain.map(({ box }) => Math.min(Math.max(box.x1, 0), 100) / 0.5),
    );
    t.same(
      near.map(({ box }) => box.y2),
      plain.map(({ box }) => Math.min(Math.max(box.y2, 0), 100) / 0.25),
    );
  },
);

t.test('boxes by centre and size are the same boxes', async (t) => {
  const all = anchors(4);
  const form = { ...options().form, layout: 'columns', boxes: 'centre' } as const;
  const found = new ScoredBoxesDecoder(options({ form })).decode(outputs(all, 'columns', true), GEOMETRY);
  const plain = new ScoredBoxesDecoder(options()).decode(outputs(all, 'apart'), GEOMETRY);
  t.equal(found.length, plain.length);
  for (const [at, { box }] of found.entries())
    t.ok(Math.abs(box.x1 - (plain[at]?.box.x1 ?? Number.NaN)) < 1e-4);
});

t.test('scores of the exporter are a floor, numbers that are none find nothing', async (t) => {
  const all = anchors(5);
  const floor = new ScoredBoxesDecoder(options({ threshold: 0, scoreThreshold: 0.6 }));
  t.ok(floor.decode(outputs(all, 'apart'), GEOMETRY).every(({ score }) => score > 0.6));
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const boxes = all.map(({ scores }) => ({ box: [1, 2, bad, 4], scores }));
    t.same(new ScoredBoxesDecoder(options()).decode(outputs(boxes, 'apart'), GEOMETRY), []);
  }
  const scores = all.map(({ box }) => ({ box, scores: LABELS.map(() => Number.NaN) }));
  t.same(new ScoredBoxesDecoder(options()).decode(outputs(scores, 'apart'), GEOMETRY), []);
});

t.test('an open number of anchors is whatever the picture gives', async (t) => {
  const decoder = new ScoredBoxesDecoder(options({ form: { ...options().form, anchors: undefined } }));
  const all = anchors(6);
  t.ok(decoder.decode(outputs(all, 'apart'), GEOMETRY).length > 0);
  t.same(decoder.decode([tensor([], [1, 0, 4]), tensor([], [1, 3, 0])], GEOMETRY), []);
  const [boxes] = outputs(all, 'apart');
  t.throws(() => decoder.decode([boxes as TensorValue, tensor([0.5], [1, 1, 1])], GEOMETRY), {
    code: 'MODEL_RUN',
  });
});
