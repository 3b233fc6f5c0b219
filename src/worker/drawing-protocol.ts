/** What the worker's main thread and a drawing thread say to each other. Pictures are transferred. */
import type { ErrorData } from '../base/errors.js';
import type { ShapesSource } from '../core/source.js';
import type { Truth } from '../core/truth.js';

/** What a drawing thread is started with. */
export type DrawingOptions = ShapesSource;

/** Answered by one `drawn` or `failed`; the next is asked for after that. */
export interface ToDrawing {
  type: 'draw';
  timeSeconds: number;
}

export type FromDrawing =
  /** RGB, rows as GStreamer wants them. */
  { type: 'drawn'; data: Uint8Array<ArrayBuffer>; truth: Truth } | { type: 'failed'; error: ErrorData };
