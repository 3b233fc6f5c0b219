/**
 * Where the tiles of a sliced picture lie, and which boxes a tile's border has cut. All tiles of a picture
 * have one size, so that what depends on the size is worked out once.
 */
import { DetectdError } from '../base/errors.js';
import type { Box } from '../core/detection.js';

export interface Size {
  width: number;
  height: number;
}

export interface Tile extends Size {
  /** Its top left corner in the picture, in pixels. */
  x: number;
  y: number;
}

/** Each tile is an inference; beyond this nobody waits for the picture. */
export const MOST_TILES = 256;

/** A box whose side is this near to a tile's border, as a part of the tile's side, is taken for cut there. */
const BORDER = 0.02;

/**
 * Tiles that cover a picture, row by row, all of the size of `tile` or of the picture where that is smaller.
 * As few as overlap their neighbours by `overlap` of their side, spread evenly from border to border.
 * Throws SLICING_TOO_FINE when they are more than MOST_TILES.
 */
export function tileGrid(picture: Size, tile: Size, overlap: number): Tile[] {
  const size = {
    width: Math.min(tile.width, picture.width),
    height: Math.min(tile.height, picture.height),
  };
  const columns = tilesAlong(picture.width, size.width, overlap);
  const rows = tilesAlong(picture.height, size.height, overlap);
  if (columns * rows > MOST_TILES) throw tooFine(picture, size, columns * rows);
  const tiles: Tile[] = [];
  for (const y of starts(picture.height, size.height, rows))
    for (const x of starts(picture.width, size.width, columns)) tiles.push({ x, y, ...size });
  return tiles;
}

function tilesAlong(extent: number, size: number, overlap: number): number {
  const step = Math.max(1, Math.floor(size * (1 - overlap)));
  return Math.ceil((extent - size) / step) + 1;
}

function starts(extent: number, size: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) =>
    count === 1 ? 0 : Math.round((index * (extent - size)) / (count - 1)),
  );
}

function tooFine(picture: Size, size: Size, tiles: number): DetectdError {
  return new DetectdError(
    'SLICING_TOO_FINE',
    `A picture of ${picture.width}×${picture.height} would be cut into ${tiles} tiles of ` +
      `${size.width}×${size.height}; ${MOST_TILES} are the most.`,
    'Make the tiles larger or their overlap smaller.',
  );
}

/** Whether a box, in pixels of the picture, ends at a border of its tile that is none of the picture's. */
export function isCut(box: Box, tile: Tile, picture: Size): boolean {
  const [right, bottom] = [tile.x + tile.width, tile.y + tile.height];
  const [nearX, nearY] = [Math.max(1, tile.width * BORDER), Math.max(1, tile.height * BORDER)];
  return (
    (tile.x > 0 && box.x1 <= tile.x + nearX) ||
    (tile.y > 0 && box.y1 <= tile.y + nearY) ||
    (right < picture.width && box.x2 >= right - nearX) ||
    (bottom < picture.height && box.y2 >= bottom - nearY)
  );
}
