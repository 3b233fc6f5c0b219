/** How a large picture is cut into tiles, so that what is small in it is large enough for the network. */

/**
 * How the boxes of overlapping tiles become one per object: `nms` drops what coincides with a better one,
 * `ios` also joins the parts of objects that a tile's border cut.
 */
export type SliceMerge = 'ios' | 'nms';

export interface Slicing {
  /** Side of a square tile in pixels of the picture; `auto` is the size of the network's input. */
  tile: number | 'auto';
  /** Least part of a tile that its neighbour covers too: 0 to 0.9. */
  overlap: number;
  merge: SliceMerge;
  /** Overlap of two boxes from which they are taken for one object: above 0, at most 1. */
  threshold: number;
  /** Analyse the whole picture too, for what is larger than a tile. */
  whole: boolean;
}

/** Least side of a tile in pixels. */
export const LEAST_TILE = 32;
export const MOST_TILE = 16_384;
export const MOST_OVERLAP = 0.9;

export const DEFAULT_SLICING: Slicing = {
  tile: 'auto',
  overlap: 0.2,
  merge: 'ios',
  threshold: 0.5,
  whole: true,
};
