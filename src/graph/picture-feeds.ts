/**
 * What follows from a picture's size: how it maps onto the network, to which size live pictures are scaled,
 * and what the graph's auxiliary inputs are fed. By the arithmetic of PaddleDetection's deployed Python
 * code (deploy/python/preprocess.py, infer.py). Callers keep the results per picture size.
 */
import { fixedResizedSize, resizeOf, roundHalfEven, type Size } from '../bundle/geometry.js';
import type { InferCfg } from '../bundle/infer-cfg.js';
import type { ResizeOp } from '../bundle/preprocess-op.js';
import type { PictureGeometry } from '../core/picture-geometry.js';
import type { AuxiliaryMeaning, PreparedGraph, TensorValue } from '../core/prepared-graph.js';

/** Scales and sizes for a picture of the given size in pixels. Throws PREPROCESS_UNSUPPORTED. */
export function pictureGeometry(cfg: InferCfg, imageWidth: number, imageHeight: number): PictureGeometry {
  const resize = resizeOf(cfg);
  const [scaleX, scaleY] = scales(resize, imageWidth, imageHeight);
  return {
    imageWidth,
    imageHeight,
    scaleX,
    scaleY,
    resizedWidth: Math.max(1, roundHalfEven(imageWidth * scaleX)),
    resizedHeight: Math.max(1, roundHalfEven(imageHeight * scaleY)),
  };
}

/**
 * The size to which a live picture is scaled before it enters the prepared graph. It depends on the
 * source's size only where the bundle keeps the aspect ratio or does not resize at all.
 */
export function liveSize(cfg: InferCfg, imageWidth: number, imageHeight: number): Size {
  const geometry = pictureGeometry(cfg, imageWidth, imageHeight);
  return { width: geometry.resizedWidth, height: geometry.resizedHeight };
}

/** Whether the resized size depends on the picture, so that a camera cannot be told one size beforehand. */
export function needsExactMode(cfg: InferCfg): boolean {
  return fixedResizedSize(cfg) === undefined;
}

/** What the graph's inputs beside the picture are fed for this geometry, by input name. */
export function auxiliaryFeeds(
  prepared: Pick<PreparedGraph, 'auxiliaryInputs'>,
  geometry: PictureGeometry,
): Record<string, TensorValue> {
  const feeds: Record<string, TensorValue> = {};
  for (const input of prepared.auxiliaryInputs) feeds[input.name] = FEEDS[input.meaning](geometry);
  return feeds;
}

/**
 * Pixels by which the picture's right and bottom edges are repeated before it is resized by a scale: ONNX's
 * Resize gives floor(size × scale), OpenCV rounds, and a repeated edge is what both see beyond the picture.
 */
function edgePad(scale: number): number {
  return Math.ceil(1 / scale) + 2;
}

const FEEDS: Record<AuxiliaryMeaning, (geometry: PictureGeometry) => TensorValue> = {
  im_shape: (g) => float32([g.resizedHeight, g.resizedWidth], [1, 2]),
  scale_factor: (g) => float32([g.scaleY, g.scaleX], [1, 2]),
  resize_scales: (g) => float32([1, 1, g.scaleY, g.scaleX], [4]),
  resize_pads: (g) => int64([0, 0, 0, 0, 0, 0, edgePad(g.scaleY), edgePad(g.scaleX)]),
  resize_ends: (g) => int64([g.resizedHeight, g.resizedWidth]),
};

function float32(values: number[], dims: number[]): TensorValue {
  return { type: 'float32', data: Float32Array.from(values), dims };
}

function int64(values: number[]): TensorValue {
  return { type: 'int64', data: BigInt64Array.from(values, BigInt), dims: [values.length] };
}

function scales(resize: ResizeOp | undefined, width: number, height: number): [number, number] {
  if (resize === undefined) return [1, 1];
  if (!resize.keepRatio) return [resize.width / width, resize.height / height];
  const longTarget = Math.max(resize.width, resize.height);
  const shortTarget = Math.min(resize.width, resize.height);
  const long = Math.max(width, height);
  let scale = shortTarget / Math.min(width, height);
  if (roundHalfEven(scale * long) > longTarget) scale = longTarget / long;
  return [scale, scale];
}
