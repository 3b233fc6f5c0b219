import t from 'tap';
import { area, contains, crossingEdges, type Point, passesBetween, side } from '../../dist/core/polygon.js';

const SQUARE: Point[] = [
  [0, 0],
  [4, 0],
  [4, 4],
  [0, 4],
];
/** A U, open at the top. */
const CUP: Point[] = [
  [0, 0],
  [1, 0],
  [1, 3],
  [3, 3],
  [3, 0],
  [4, 0],
  [4, 4],
  [0, 4],
];

t.test('a point is in a polygon or not, whatever its shape and direction', async (t) => {
  for (const polygon of [SQUARE, [...SQUARE].reverse()]) {
    t.ok(contains(polygon, [2, 2]));
    for (const outside of [
      [-1, 2],
      [5, 2],
      [2, -1],
      [2, 5],
    ] as Point[])
      t.notOk(contains(polygon, outside));
  }
  t.ok(contains(CUP, [0.5, 1]));
  t.ok(contains(CUP, [3.5, 1]));
  t.notOk(contains(CUP, [2, 1]), 'between the arms');
  t.ok(contains(CUP, [2, 3.5]));
});

t.test('polygons that share an edge hold a point on it once', async (t) => {
  const right: Point[] = SQUARE.map(([x, y]) => [x + 4, y]);
  for (let y = 0.5; y < 4; y += 0.5)
    t.equal(Number(contains(SQUARE, [4, y])) + Number(contains(right, [4, y])), 1);
});

t.test('the area does not depend on the direction', async (t) => {
  t.equal(area(SQUARE), 16);
  t.equal(area([...SQUARE].reverse()), 16);
  t.equal(area(CUP), 10);
});

t.test('edges that meet elsewhere than in their corner are found', async (t) => {
  t.equal(crossingEdges(SQUARE), undefined);
  t.equal(crossingEdges(CUP), undefined);
  t.same(
    crossingEdges([
      [0, 0],
      [4, 4],
      [4, 0],
      [0, 4],
    ]),
    [0, 2],
    'an hourglass',
  );
  t.same(
    crossingEdges([
      [0, 0],
      [4, 0],
      [2, 0],
      [2, 3],
    ]),
    [0, 1],
    'an edge that runs back over the one before',
  );
  t.same(
    crossingEdges([
      [0, 0],
      [4, 0],
      [4, 4],
      [2, 0],
      [0, 4],
    ]),
    [0, 2],
    'a corner on another edge',
  );
  t.ok(
    crossingEdges([
      [0, 0],
      [0, 0],
      [4, 0],
      [4, 4],
    ]) !== undefined,
    'a corner that stands twice',
  );
  t.equal(
    crossingEdges([
      [0, 0],
      [2, 0],
      [4, 0],
      [4, 4],
    ]),
    undefined,
    'a corner on a straight edge is well',
  );
});

t.test('right is right for who walks along the line, with y down', async (t) => {
  t.ok(side([0, 0], [1, 0], [0.5, 1]) > 0, 'below a line that goes to the right');
  t.ok(side([0, 0], [1, 0], [0.5, -1]) < 0);
  t.ok(side([0, 1], [0, 0], [1, 0.5]) > 0, 'to the right of a line that goes up');
  t.equal(side([0, 0], [1, 0], [7, 0]), 0);
});

t.test('a way passes between two points or beside them', async (t) => {
  t.ok(passesBetween([1, -1], [1, 1], [0, 0], [2, 0]));
  t.ok(passesBetween([0, -1], [0, 1], [0, 0], [2, 0]), 'over the very end');
  t.notOk(passesBetween([3, -1], [3, 1], [0, 0], [2, 0]));
  t.notOk(passesBetween([1, 1], [1, 1], [0, 0], [2, 0]), 'no way at all');
});
