import t from 'tap';
import { greedyNms } from '../../dist/inference/nms.js';

function survivors(boxes: number[][], iouThreshold: number, limit = 100): number[] {
  const kept: number[] = [];
  const order = boxes.map((_, i) => i);
  const total = greedyNms(boxes.flat(), order, boxes.length, iouThreshold, limit, kept);
  return kept.slice(0, total);
}

t.test('a box that overlaps a better one goes, one that overlaps only a loser stays', async (t) => {
  const boxes = [
    [0, 0, 10, 10],
    [2, 0, 12, 10],
    [6, 0, 16, 10],
  ];
  t.same(survivors(boxes, 0.5), [0, 2]);
});

t.test('exactly the threshold stays, above goes', async (t) => {
  const boxes = [
    [0, 0, 4, 1],
    [2, 0, 6, 1],
  ];
  t.same(survivors(boxes, 1 / 3), [0, 1], 'the union is enlarged by 1e-5');
  t.same(survivors(boxes, 0.333), [0]);
});

t.test('sides count without an extra pixel', async (t) => {
  t.same(
    survivors(
      [
        [0, 0, 1, 1],
        [1, 0, 2, 1],
      ],
      0,
    ),
    [0, 1],
    'touching is not overlapping',
  );
});

t.test('no more than the limit stay', async (t) => {
  t.same(
    survivors(
      [
        [0, 0, 1, 1],
        [5, 0, 6, 1],
        [9, 0, 10, 1],
      ],
      0.5,
      2,
    ),
    [0, 1],
  );
});

t.test('boxes without area and boxes turned inside out neither go nor push others out', async (t) => {
  t.same(
    survivors(
      [
        [3, 3, 3, 3],
        [3, 3, 3, 3],
        [9, 9, 1, 1],
        [0, 0, 10, 10],
      ],
      0.1,
    ),
    [0, 1, 2, 3],
  );
});

t.test('only the named places count, in the named order', async (t) => {
  const kept = new Uint32Array(4);
  const boxes = [0, 0, 10, 10, 1, 0, 11, 10, 50, 50, 60, 60];
  t.equal(greedyNms(boxes, [2, 1, 0], 2, 0.5, 10, kept), 2);
  t.same([...kept.subarray(0, 2)], [2, 1]);
});
