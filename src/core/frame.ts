/**
 * A picture in system memory. Frames live and die inside a worker: they are transferred to the
 * inference thread, never copied, and never cross a process boundary.
 */
import type { Truth } from './truth.js';
import type { PixelRegion } from './view.js';

/** Bytes per pixel: RGB 3, RGBA 4 (A is ignored). Rows are tightly packed. */
export type PixelFormat = 'RGB' | 'RGBA';

export const BYTES_PER_PIXEL: Record<PixelFormat, number> = { RGB: 3, RGBA: 4 };

export interface Frame {
  camera: string;
  /** Counts from 0 per camera over all frames that were captured, analysed or not. */
  sequence: number;
  /** Clock.monotonicUs() when the frame came out of the pipeline. */
  capturedAtUs: number;
  /** Size of `data` in pixels. */
  width: number;
  height: number;
  /** Size of the whole picture as people see it, turned and before any scaling. Boxes refer to this. */
  sourceWidth: number;
  sourceHeight: number;
  /** The part of it that `data` shows; undefined where that is all of it. */
  region?: PixelRegion;
  format: PixelFormat;
  /** uint8, height × width × channels. */
  data: Uint8Array<ArrayBuffer>;
  /** What the picture really shows; only of a source that draws. */
  truth?: Truth;
}
