/**
 * The model families of PaddleDetection that are recognised by their outputs but not decoded yet. Naming the
 * family is worth the table: it tells at once whether the export or the choice of model is what to change.
 */
import type { InferCfg } from '../../bundle/infer-cfg.js';
import type { TensorSpec } from '../../core/prepared-graph.js';

export interface Family {
  name: string;
  /** What to do about it. */
  hint: string;
  matches(outputs: TensorSpec[], cfg: InferCfg): boolean;
}

const WITH_NMS = 'Export the model with its post-processing (without exclude_nms and exclude_post_process).';
const OTHER_MODEL = 'Use an object detector that gives boxes.';

/** In this order; the first that matches names the model. */
export const UNSUPPORTED_FAMILIES: Family[] = [
  {
    name: 'SOLOv2 (instance segmentation)',
    hint: OTHER_MODEL,
    matches: (outputs, { arch }) =>
      arch === 'SOLOv2' || (outputs.length === 4 && has(outputs, 3, 'uint8') && has(outputs, 1, 'int64')),
  },
  {
    name: 'CenterTrack (joint detection and tracking)',
    hint: OTHER_MODEL,
    matches: (_outputs, { arch }) => arch === 'CenterTrack',
  },
  {
    name: 'CLRNet (lanes)',
    hint: OTHER_MODEL,
    matches: (_outputs, { arch, lane }) => arch === 'CLRNet' || lane !== undefined,
  },
  {
    name: 'HigherHRNet (bottom-up keypoints)',
    hint: OTHER_MODEL,
    matches: (outputs, { arch }) => arch === 'HigherHRNet' || (has(outputs, 5) && has(outputs, 4)),
  },
  {
    name: 'keypoints from a heat map (HRNet, TinyPose)',
    hint: OTHER_MODEL,
    matches: (outputs, { arch }) => ['HRNet', 'METRO_Body'].includes(arch) || outputs[0]?.dims.length === 4,
  },
  {
    name: 'rotated boxes (S2ANet, PP-YOLOE-R)',
    hint: OTHER_MODEL,
    matches: (outputs) =>
      (outputs[0]?.dims.length === 2 && last(outputs[0]) === 10) ||
      (isPair(outputs) && last(outputs[0]) === 8),
  },
  {
    name: 'boxes with masks (Mask R-CNN, PP-YOLOE-seg)',
    hint: 'Export the model without its mask branch.',
    matches: (outputs, { mask }) => isRows(outputs[0]) && (mask || has(outputs.slice(1), 3)),
  },
  {
    name: 'boxes with embeddings (JDE, FairMOT)',
    hint: 'Export the detector alone; tracking is part of detectd.',
    matches: (outputs, { arch }) =>
      ['JDE', 'FairMOT'].includes(arch) ||
      (isRows(outputs[0]) && outputs.slice(1).some((o) => o.dims.length === 2 && (last(o) ?? 0) >= 64)),
  },
  {
    name: 'an export for benchmarks that gives only sums',
    hint: WITH_NMS,
    matches: (outputs) =>
      outputs.length > 0 &&
      outputs.every(({ dims }) => dims.length === 0 || (dims.length === 1 && dims[0] === 1)),
  },
  {
    name: 'DETR, DINO or RT-DETR without post-processing',
    hint: WITH_NMS,
    matches: (outputs, { arch }) => (isPair(outputs) && arch === 'DETR') || isBoxesAndLogits(outputs),
  },
  {
    name: 'Ultralytics YOLO',
    hint: 'Use a PaddleDetection export.',
    matches: ([first], { labels }) => isSingle3(first) && first.dims[1] === 4 + labels.length,
  },
  {
    name: 'pedestrian or vehicle attributes',
    hint: OTHER_MODEL,
    matches: (outputs) => outputs.length === 1 && outputs[0]?.dims.length === 2 && last(outputs[0]) === 26,
  },
  {
    name: 'embeddings or classes of whole pictures (ReID, actions, attributes)',
    hint: OTHER_MODEL,
    matches: (outputs) => outputs.length === 1 && outputs[0]?.dims.length === 2 && last(outputs[0]) !== 6,
  },
];

/** Rows of class, score and four corners. */
export function isRows(output: TensorSpec | undefined): boolean {
  return output?.type === 'float32' && output.dims.length === 2 && last(output) === 6;
}

function isBoxesAndLogits(outputs: TensorSpec[]): boolean {
  return (
    isPair(outputs) &&
    last(outputs[0]) === 4 &&
    outputs[0]?.dims[1] !== null &&
    sameSize(outputs[0]?.dims[1], outputs[1]?.dims[1])
  );
}

function isPair(outputs: TensorSpec[]): boolean {
  return outputs.length === 2 && outputs.every(({ type, dims }) => type === 'float32' && dims.length === 3);
}

function isSingle3(output: TensorSpec | undefined): output is TensorSpec {
  return output?.dims.length === 3;
}

function sameSize(a: number | null | undefined, b: number | null | undefined): boolean {
  return a === b || a === null || b === null;
}

function has(outputs: TensorSpec[], rank: number, type?: string): boolean {
  return outputs.some(
    (output) => output.dims.length === rank && (type === undefined || output.type === type),
  );
}

function last(output: TensorSpec | undefined): number | null | undefined {
  return output?.dims.at(-1);
}
