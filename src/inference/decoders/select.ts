/**
 * Chooses the decoder by the shapes of a model's outputs. The exporter's `arch` is no help: PP-YOLOE calls
 * itself YOLO, PicoDet with post-processing GFL; it only helps to name what is not supported.
 */
import { DetectdError } from '../../base/errors.js';
import { fixedNetworkSize, type Size } from '../../bundle/geometry.js';
import type { InferCfg } from '../../bundle/infer-cfg.js';
import { BEST_SCORES, type TensorSpec } from '../../core/prepared-graph.js';
import type { Decoder, DecoderOptions } from './decoder.js';
import { isRows, UNSUPPORTED_FAMILIES } from './families.js';
import { wrongLabels } from './label-fault.js';
import { PicodetDecoder, type PicodetLevel } from './picodet.js';
import { ScoredBoxesDecoder } from './scored-boxes.js';
import { scoredBoxes } from './scored-forms.js';
import { Std6Decoder } from './std6.js';

export interface Signature {
  inputs: TensorSpec[];
  outputs: TensorSpec[];
}

/** Tried in turn where infer_cfg.yml names no strides. */
const USUAL_STRIDES = [4, 8, 16, 32, 64, 128];

/**
 * A decoder for a model of this signature. Inputs may be those of the exported or of the prepared graph, or
 * none where the pre-processing fixes the network's size.
 * Throws MODEL_FAMILY for outputs that cannot be decoded and INFER_CFG_LABELS where labels do not fit.
 */
export function selectDecoder(signature: Signature, cfg: InferCfg, options: DecoderOptions): Decoder {
  const outputs = signature.outputs.filter(({ name }) => name !== BEST_SCORES);
  if (isRawPicodet(outputs)) return picodet(signature, outputs, cfg, options);
  const family = UNSUPPORTED_FAMILIES.find(({ matches }) => matches(outputs, cfg));
  if (family !== undefined)
    throw unsupported(`looks like ${family.name}, which is not supported yet`, outputs, family.hint);
  const scored = scoredBoxes(signature.outputs, cfg, options);
  if (scored !== undefined) return new ScoredBoxesDecoder(scored);
  const [first, second] = outputs;
  if (isRows(first) && (second === undefined || isCount(second)) && outputs.length <= 2)
    return new Std6Decoder({ ...options, rowsOutput: 0, countOutput: second === undefined ? undefined : 1 });
  throw unsupported(
    'belongs to no known family',
    outputs,
    'Export a PaddleDetection detector with its post-processing, or PicoDet with export.post_process=False.',
  );
}

/** 2n outputs: n of class scores [1,A,C], then as many of distances [1,A,4(R+1)] with the same A. */
function isRawPicodet(outputs: TensorSpec[]): boolean {
  const levels = outputs.length / 2;
  if (!Number.isInteger(levels) || levels < 2) return false;
  if (!outputs.every(({ type, dims }) => type === 'float32' && dims.length === 3)) return false;
  const classes = outputs[0]?.dims[2];
  const width = outputs[levels]?.dims[2] ?? 0;
  if (typeof classes !== 'number' || width < 8 || width % 4 !== 0) return false;
  return outputs.slice(0, levels).every((scores, level) => {
    const distances = outputs[levels + level];
    return scores.dims[2] === classes && distances?.dims[2] === width && scores.dims[1] === distances.dims[1];
  });
}

function picodet(
  signature: Signature,
  outputs: TensorSpec[],
  cfg: InferCfg,
  options: DecoderOptions,
): Decoder {
  const size = networkSize(signature.inputs, cfg);
  if (size === undefined)
    throw unsupported(
      'is PicoDet without post-processing and without a fixed input size',
      outputs,
      'Export it with TestReader.inputs_def.image_shape=[3,H,W].',
    );
  const count = outputs.length / 2;
  if (cfg.fpnStride !== undefined && cfg.fpnStride.length !== count)
    throw unsupported(
      `gives ${count} levels, but fpn_stride names ${cfg.fpnStride.length}`,
      outputs,
      'Use the infer_cfg.yml that was exported together with the model.',
    );
  const classes = outputs[0]?.dims[2] ?? 0;
  if (classes !== options.labels.length) throw wrongLabels(classes, options.labels.length);
  const levels = outputs.slice(0, count).map((scores, index) => {
    const stride = cfg.fpnStride?.[index];
    return findLevel(scores, stride === undefined ? USUAL_STRIDES : [stride], size, outputs);
  });
  return new PicodetDecoder({
    ...options,
    levels,
    bestScores: signature.outputs.at(-1)?.name === BEST_SCORES,
    bins: (outputs[count]?.dims[2] ?? 0) / 4,
    iouThreshold: cfg.nms?.iouThreshold ?? 0.5,
    topK: cfg.nms?.topK ?? 1000,
    keepTopK: cfg.nms?.keepTopK ?? 100,
  });
}

function findLevel(scores: TensorSpec, strides: number[], size: Size, outputs: TensorSpec[]): PicodetLevel {
  const anchors = scores.dims[1] ?? null;
  for (const stride of strides) {
    const level = {
      stride,
      gridWidth: Math.ceil(size.width / stride),
      gridHeight: Math.ceil(size.height / stride),
    };
    if (anchors === level.gridWidth * level.gridHeight || (anchors === null && strides.length === 1))
      return level;
  }
  throw unsupported(
    `gives ${anchors ?? 'an open number of'} anchors in "${scores.name}", which no stride of ${strides.join(', ')} makes of ${size.width}x${size.height}`,
    outputs,
    'Use the infer_cfg.yml that was exported together with the model.',
  );
}

/** Of the exported graph's input (NCHW), the prepared graph's (uint8 NHWC), or as the bundle fixes it. */
function networkSize(inputs: TensorSpec[], cfg: InferCfg): Size | undefined {
  const image = inputs.find(({ type, dims }) => type === 'float32' && dims.length === 4);
  const [, , height, width] = image?.dims ?? [];
  if (typeof height === 'number' && typeof width === 'number') return { width, height };
  return fixedNetworkSize(cfg);
}

function isCount(output: TensorSpec): boolean {
  return (output.type === 'int32' || output.type === 'int64') && output.dims.length <= 1;
}

function unsupported(problem: string, outputs: TensorSpec[], hint: string): DetectdError {
  const shapes = outputs
    .slice(0, 8)
    .map(({ name, type, dims }) => `"${name}" ${type} [${dims.map((dim) => dim ?? '?').join(',')}]`);
  if (outputs.length > shapes.length) shapes.push('…');
  return new DetectdError('MODEL_FAMILY', `The model ${problem}. Its outputs: ${shapes.join(', ')}.`, hint);
}
