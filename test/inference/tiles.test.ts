/** Where tiles lie, and what they cut. */
import t from 'tap';
import { isCut, MOST_TILES, tileGrid } from '../../dist/inference/tiles.js';

const square = (side: number) => ({ width: side, height: side });

t.test(
  'tiles cover a picture from border to border, with at least the overlap that was asked for',
  async (t) => {
    for (const [width, height, side, overlap] of [
      [3840, 2160, 640, 0.2],
      [1000, 700, 640, 0],
      [641, 640, 640, 0.2],
      [999, 333, 100, 0.6],
      [1921, 1081, 256, 0.33],
    ] as const) {
      const tiles = tileGrid({ width, height }, square(side), overlap);
      const what = `${width}×${height} in ${side}`;
      for (const [extent, axis] of [
        [width, 'x'],
        [height, 'y'],
      ] as const) {
        const starts = [...new Set(tiles.map((tile) => tile[axis]))].sort((a, b) => a - b);
        const size = Math.min(side, extent);
        t.equal(starts[0], 0, what);
        t.equal((starts.at(-1) as number) + size, extent, what);
        for (const [index, start] of starts.slice(1).entries())
          t.ok((starts[index] as number) + size - start >= Math.floor(size * overlap) - 1, what);
      }
      t.ok(
        tiles.every((tile) => tile.width === Math.min(side, width) && tile.height === Math.min(side, height)),
      );
      t.equal(new Set(tiles.map(({ x, y }) => `${x},${y}`)).size, tiles.length, 'no place twice');
    }
  },
);

t.test('they come row by row, evenly spread', async (t) => {
  t.strictSame(tileGrid({ width: 250, height: 150 }, square(100), 0.2), [
    { x: 0, y: 0, width: 100, height: 100 },
    { x: 75, y: 0, width: 100, height: 100 },
    { x: 150, y: 0, width: 100, height: 100 },
    { x: 0, y: 50, width: 100, height: 100 },
    { x: 75, y: 50, width: 100, height: 100 },
    { x: 150, y: 50, width: 100, height: 100 },
  ]);
});

t.test('a picture that fits into a tile is one tile; a narrow one is cut along its length', async (t) => {
  t.strictSame(tileGrid({ width: 320, height: 240 }, square(640), 0.2), [
    { x: 0, y: 0, width: 320, height: 240 },
  ]);
  t.strictSame(
    tileGrid({ width: 300, height: 20 }, square(100), 0).map(({ x, width, height }) => [x, width, height]),
    [
      [0, 100, 20],
      [100, 100, 20],
      [200, 100, 20],
    ],
  );
  t.equal(tileGrid({ width: 1, height: 1 }, square(640), 0.9).length, 1);
});

t.test('tiles need not be square', async (t) => {
  t.equal(tileGrid({ width: 1280, height: 720 }, { width: 640, height: 360 }, 0).length, 4);
});

t.test('more tiles than anybody waits for are refused, before they are made', async (t) => {
  t.equal(tileGrid(square(1600), square(100), 0).length, MOST_TILES);
  t.throws(() => tileGrid({ width: 1601, height: 1600 }, square(100), 0), {
    code: 'SLICING_TOO_FINE',
    message: 'A picture of 1601×1600 would be cut into 272 tiles of 100×100; 256 are the most.',
    hint: /larger/,
  });
  t.throws(() => tileGrid(square(1e9), square(32), 0.9), { code: 'SLICING_TOO_FINE' });
});

t.test('a box is cut where it ends at a border that the picture does not end at', async (t) => {
  const picture = { width: 300, height: 300 };
  const tile = { x: 100, y: 100, ...square(100) };
  const box = (x1: number, y1: number, x2: number, y2: number) => ({ x1, y1, x2, y2 });
  t.notOk(isCut(box(110, 110, 190, 190), tile, picture));
  t.ok(isCut(box(100, 110, 190, 190), tile, picture), 'left');
  t.ok(isCut(box(110, 99, 190, 190), tile, picture), 'above, and a little beyond');
  t.ok(isCut(box(110, 110, 199, 190), tile, picture), 'right, nearly');
  t.ok(isCut(box(110, 110, 190, 200), tile, picture), 'below');
  const corner = { x: 200, y: 0, ...square(100) };
  t.notOk(isCut(box(210, 0, 300, 90), corner, picture), 'the picture itself ends there');
  t.ok(isCut(box(200, 0, 300, 90), corner, picture));
});
