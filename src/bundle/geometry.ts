/**
 * The sizes that a bundle's pre-processing fixes for every picture, and the rounding that all sizes share.
 * Pure; the graph, the capture size and the decoders all follow from it.
 */
import { DetectdError } from '../base/errors.js';
import type { InferCfg } from './infer-cfg.js';
import type { ResizeOp } from './preprocess-op.js';

export interface Size {
  width: number;
  height: number;
}

/** The one Resize step, or undefined. Throws PREPROCESS_UNSUPPORTED when there are several. */
export function resizeOf(cfg: InferCfg): ResizeOp | undefined {
  const found = cfg.preprocess.filter((op) => op.type === 'Resize');
  if (found.length > 1) {
    throw new DetectdError(
      'PREPROCESS_UNSUPPORTED',
      'The pre-processing has more than one "Resize" step, which is not supported.',
      'Export the model with one Resize.',
    );
  }
  return found[0];
}

/** Size after resizing when it is the same for every picture, else undefined. */
export function fixedResizedSize(cfg: InferCfg): Size | undefined {
  const resize = resizeOf(cfg);
  if (resize === undefined || resize.keepRatio) return undefined;
  return { width: resize.width, height: resize.height };
}

/** Size of the network's input, padding included, when it is the same for every picture, else undefined. */
export function fixedNetworkSize(cfg: InferCfg): Size | undefined {
  let size: Size | undefined;
  for (const op of cfg.preprocess) {
    if (op.type === 'Resize') size = op.keepRatio ? undefined : { width: op.width, height: op.height };
    else if (op.type === 'Pad') size = { width: op.width, height: op.height };
    else if (op.type === 'PadStride' && op.stride > 0 && size !== undefined)
      size = { width: ceilTo(size.width, op.stride), height: ceilTo(size.height, op.stride) };
  }
  return size;
}

/** Python's and OpenCV's rounding: halves go to the even neighbour. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const fraction = value - floor;
  if (fraction !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

export function ceilTo(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
