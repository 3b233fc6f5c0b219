import t from 'tap';
import type { Point } from '../../dist/core/polygon.js';
import { LineSide } from '../../dist/tracking/line-side.js';

/** From left to right through the middle: its right side is below. */
const LINE: [Point, Point] = [
  [100, 100],
  [300, 100],
];
const walk = (way: Point[], line = LINE) => {
  const side = new LineSide();
  return way.flatMap((at) => side.seen(at, line, 5) ?? []);
};
/** Straight down or up at `x`, in steps. */
const along = (x: number, from: number, to: number, step: number): Point[] =>
  Array.from({ length: Math.floor(Math.abs(to - from) / step) + 1 }, (_, n) => [
    x,
    from + Math.sign(to - from) * n * step,
  ]);

t.test('a crossing is told once and by its direction, at any speed', async (t) => {
  for (const step of [1, 3, 30, 200]) {
    t.same(walk(along(200, 0, 200, step)), ['in'], `down, ${step} at a time`);
    t.same(walk(along(200, 200, 0, step)), ['out'], `up, ${step} at a time`);
  }
});

t.test('the line turned round turns the directions round', async (t) => {
  t.same(walk(along(200, 0, 200, 7), [LINE[1], LINE[0]]), ['out']);
});

t.test('who passes beside its ends does not cross it', async (t) => {
  t.same(walk(along(50, 0, 200, 10)), []);
  t.same(walk(along(350, 200, 0, 10)), []);
});

t.test('who goes round its end and back over it has crossed it once', async (t) => {
  const round: Point[] = [...along(50, 50, 150, 10), [200, 150], ...along(200, 140, 50, 10)];
  t.same(walk(round), ['out']);
});

t.test('trembling over the line counts nothing, and what follows is right', async (t) => {
  const tremble: Point[] = Array.from({ length: 20 }, (_, n) => [200, n % 2 === 0 ? 97 : 103]);
  t.same(walk([...along(200, 50, 90, 10), ...tremble, ...along(200, 95, 50, 10)]), [], 'and back');
  t.same(walk([...along(200, 50, 90, 10), ...tremble, ...along(200, 105, 150, 10)]), ['in'], 'and over');
});

t.test('it counts where the line was crossed, not where that became clear', async (t) => {
  t.same(
    walk([
      [290, 50],
      [295, 99],
      [305, 103],
      [310, 150],
    ]),
    ['in'],
    'within its ends, then beyond',
  );
  t.same(
    walk([
      [320, 50],
      [310, 98],
      [305, 102],
      [290, 150],
    ]),
    [],
    'beside it, then behind it',
  );
});

t.test('to and fro are two crossings', async (t) => {
  t.same(walk([...along(200, 50, 150, 20), ...along(200, 150, 50, 20)]), ['in', 'out']);
});

t.test('a line without length is never crossed', async (t) => {
  t.same(walk(along(100, 0, 200, 10), [LINE[0], LINE[0]]), []);
});
