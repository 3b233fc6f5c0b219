/** One detection per object, whichever tiles saw it. */
import t from 'tap';
import { type Found, mergeTiles } from '../../dist/inference/merge-tiles.js';

type Corners = [number, number, number, number];

function whole(score: number, corners: Corners, labelId = 0): Found {
  const [x1, y1, x2, y2] = corners;
  return { detection: { label: `l${labelId}`, labelId, score, box: { x1, y1, x2, y2 } }, cut: false };
}

function part(score: number, corners: Corners, labelId = 0): Found {
  return { ...whole(score, corners, labelId), cut: true };
}

function merged(found: Found[], merge: 'ios' | 'nms' = 'ios', threshold = 0.5): [number, ...Corners][] {
  return mergeTiles(found, { merge, threshold }).map(({ score, box }) => [
    score,
    box.x1,
    box.y1,
    box.x2,
    box.y2,
  ]);
}

for (const merge of ['ios', 'nms'] as const)
  t.test(`${merge}: the same box in two tiles is one detection, the better one, unchanged`, async (t) => {
    const found = [whole(0.7, [1, 0, 101, 100]), whole(0.9, [0, 0, 100, 100])];
    t.strictSame(merged(found, merge), [[0.9, 0, 0, 100, 100]]);
    t.strictSame(merged([], merge), []);
  });

for (const merge of ['ios', 'nms'] as const)
  t.test(`${merge}: neighbours, other labels and small things within large ones stay`, async (t) => {
    const found = [
      whole(0.9, [0, 0, 100, 100]),
      whole(0.8, [60, 0, 160, 100]),
      whole(0.7, [0, 0, 100, 100], 1),
      whole(0.6, [40, 40, 60, 60]),
    ];
    t.equal(merged(found, merge).length, 4);
  });

t.test('the part of an object that a border cut goes, however good its score', async (t) => {
  const found = [part(0.95, [0, 0, 40, 100]), whole(0.8, [0, 0, 100, 100])];
  t.strictSame(merged(found), [[0.95, 0, 0, 100, 100]], 'the whole box with the best score');
  t.strictSame(
    merged(found, 'nms'),
    [
      [0.95, 0, 0, 40, 100],
      [0.8, 0, 0, 100, 100],
    ],
    'nms leaves it',
  );
});

t.test(
  'parts that only overlap become their common bounds, and reach what neither reached alone',
  async (t) => {
    const found = [
      part(0.9, [0, 0, 60, 100]),
      part(0.8, [30, 0, 90, 100]),
      part(0.7, [80, 10, 95, 90]),
      part(0.6, [300, 0, 360, 100]),
    ];
    t.strictSame(merged(found), [
      [0.9, 0, 0, 95, 100],
      [0.6, 300, 0, 360, 100],
    ]);
  },
);

t.test('a box that was whole is never widened', async (t) => {
  const found = [whole(0.9, [0, 0, 100, 100]), part(0.8, [50, -20, 110, 100])];
  t.strictSame(merged(found), [[0.9, 0, 0, 100, 100]]);
});

t.test('a large part is no part of the small whole thing in front of it', async (t) => {
  const found = [part(0.9, [0, 0, 100, 100]), whole(0.8, [40, 40, 60, 60]), whole(0.7, [10, 10, 20, 20], 1)];
  t.equal(merged(found).length, 3);
});

t.test('a part that was taken for something else goes when the whole was seen', async (t) => {
  t.strictSame(merged([part(0.9, [0, 0, 40, 100], 1), whole(0.6, [0, 0, 100, 100])]), [
    [0.6, 0, 0, 100, 100],
  ]);
  t.equal(merged([part(0.9, [0, 0, 40, 100], 1), part(0.6, [0, 0, 100, 100])]).length, 2);
});

t.test('from which overlap on boxes are one is settable', async (t) => {
  const found = [whole(0.9, [0, 0, 100, 100]), whole(0.8, [40, 0, 140, 100])];
  t.equal(merged(found, 'nms', 0.5).length, 2);
  t.equal(merged(found, 'nms', 0.4).length, 1);
});

t.test('boxes of a broken model neither hang nor vanish into others', async (t) => {
  const found = [
    whole(0.9, [0, 0, 10, 10]),
    whole(0.8, [Number.NaN, 0, 10, 10]),
    whole(0.7, [10, 10, 0, 0]),
    part(0.6, [5, 5, 5, 5]),
    part(0.5, [0, 0, Number.POSITIVE_INFINITY, 10]),
  ];
  t.equal(merged(found).length, 5);
});

t.test('of very many the best are compared', async (t) => {
  const found = Array.from({ length: 6000 }, (_, index) =>
    whole(index / 6000, [index * 20, 0, index * 20 + 10, 10]),
  );
  const result = merged(found);
  t.equal(result.length, 5000);
  t.equal(result[0]?.[0], 5999 / 6000);
});
