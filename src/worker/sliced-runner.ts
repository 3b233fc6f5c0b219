/**
 * A model on the tiles of a picture: each tile is copied into one buffer, analysed like a picture of its own
 * size, and what the tiles found is merged. Places of tiles and their buffer are kept per picture size.
 */
import type { Detection } from '../core/detection.js';
import { BYTES_PER_PIXEL, type PixelFormat } from '../core/frame.js';
import type { Slicing } from '../core/slicing.js';
import { type Found, mergeTiles } from '../inference/merge-tiles.js';
import { isCut, type Size, type Tile, tileGrid } from '../inference/tiles.js';
import type { ModelRunner, Picture, RunOutcome } from './model-runner.js';

export interface SlicedOutcome extends RunOutcome {
  /** How many tiles the picture was cut into; 1 is the picture itself. */
  tiles: number;
}

interface Grid {
  tiles: Tile[];
  /** Holds one tile: uint8, height × width × channels. */
  buffer: Buffer<ArrayBuffer>;
}

/** Cameras seldom change size; folders of pictures do, and a buffer may hold megabytes. */
const GRIDS_KEPT = 8;

export class SlicedRunner {
  readonly #runner: Pick<ModelRunner, 'run' | 'report'>;
  readonly #format: PixelFormat;
  readonly #grids = new Map<string, Grid>();

  /** `runner` is in exact mode and takes pictures in `format`. It stays the caller's. */
  constructor(runner: Pick<ModelRunner, 'run' | 'report'>, format: PixelFormat) {
    this.#runner = runner;
    this.#format = format;
  }

  /**
   * Detections in the picture, best first; times are sums over all tiles. `onTile` is called after each
   * inference. Throws SLICING_TOO_FINE and what the model throws.
   */
  async run(picture: Picture, slicing: Slicing, onTile: () => void = () => {}): Promise<SlicedOutcome> {
    const { tiles, buffer } = this.#grid(picture, slicing);
    if (tiles.length === 1) return { ...(await this.#runner.run(picture)), tiles: 1 };
    const sums = { inferMs: 0, decodeMs: 0 };
    const found: Found[] = [];
    const analyse = async (part: Picture): Promise<Detection[]> => {
      const { detections, inferMs, decodeMs } = await this.#runner.run(part);
      sums.inferMs += inferMs;
      sums.decodeMs += decodeMs;
      onTile();
      return detections;
    };
    for (const tile of tiles) {
      copyTile(picture, tile, buffer, BYTES_PER_PIXEL[this.#format]);
      const { width, height } = tile;
      const part = { width, height, sourceWidth: width, sourceHeight: height, data: buffer };
      for (const detection of await analyse(part)) {
        const moved = shifted(detection, tile);
        found.push({ detection: moved, cut: isCut(moved.box, tile, picture) });
      }
    }
    if (slicing.whole) for (const detection of await analyse(picture)) found.push({ detection, cut: false });
    const merging = performance.now();
    const detections = mergeTiles(found, slicing);
    sums.decodeMs += performance.now() - merging;
    // Faint parts would be joined to what is surely there.
    return { detections, faint: [], ...sums, tiles: tiles.length };
  }

  #grid({ width, height }: Size, { tile, overlap }: Slicing): Grid {
    const key = `${width}x${height}/${tile}/${overlap}`;
    const known = this.#grids.get(key);
    if (known !== undefined) return known;
    const { networkWidth, networkHeight } = this.#runner.report;
    const size =
      tile === 'auto' ? { width: networkWidth, height: networkHeight } : { width: tile, height: tile };
    const tiles = tileGrid({ width, height }, size, overlap);
    const [first] = tiles as [Tile];
    const bytes = tiles.length === 1 ? 0 : first.width * first.height * BYTES_PER_PIXEL[this.#format];
    const grid = { tiles, buffer: Buffer.from(new ArrayBuffer(bytes)) };
    if (this.#grids.size >= GRIDS_KEPT) this.#grids.clear();
    this.#grids.set(key, grid);
    return grid;
  }
}

function copyTile(picture: Picture, tile: Tile, buffer: Buffer, channels: number): void {
  const { data } = picture;
  const source = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const rowBytes = tile.width * channels;
  for (let row = 0; row < tile.height; row += 1) {
    const from = ((tile.y + row) * picture.width + tile.x) * channels;
    source.copy(buffer, row * rowBytes, from, from + rowBytes);
  }
}

/** The same in the picture of which that was a part, whose top left is at `x`, `y` of it. */
export function shifted(detection: Detection, { x, y }: Pick<Tile, 'x' | 'y'>): Detection {
  const { x1, y1, x2, y2 } = detection.box;
  return { ...detection, box: { x1: x1 + x, y1: y1 + y, x2: x2 + x, y2: y2 + y } };
}
