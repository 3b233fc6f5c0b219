/**
 * From an exported model to one that detectd runs: tidied, with its pre-processing inside. `live` takes
 * pictures that are at network size already; `exact` takes them at their own size and resizes in the graph.
 */
import { DetectdError } from '../base/errors.js';
import { fixedNetworkSize, resizeOf, type Size } from '../bundle/geometry.js';
import type { InferCfg } from '../bundle/infer-cfg.js';
import type { PixelFormat } from '../core/frame.js';
import type { AuxiliaryInput, PreparedGraph, PreprocessMode } from '../core/prepared-graph.js';
import { addBestScores } from './best-scores.js';
import { fusePreprocess, sizeText } from './fuse-preprocess.js';
import { classifyInputs, type ImageInput } from './model-inputs.js';
import { graphSignature, type OnnxModel, readOnnx, writeOnnx } from './onnx-file.js';
import { openBatch } from './open-batch.js';
import { FLOAT, valueInfo } from './tensors.js';
import { tidy } from './tidy.js';
import { toFloat16 } from './to-float16.js';

export interface PrepareOptions {
  mode: PreprocessMode;
  format: PixelFormat;
  /** `cpu` adds what helps the CPU's kernels alone; `gpu` gives TensorRT a graph that it can take whole. */
  processor: 'cpu' | 'gpu';
  /** `fp16` writes FP16 into the graph, for what computes in the types of the graph: CUDA, and TensorRT from 11 on. */
  precision?: 'fp32' | 'fp16';
  /**
   * Above 1 the graph takes any number of pictures at once, if the network does: see requireBatches(). In live mode
   * only, where pictures have one size.
   */
  maxBatch?: number;
  /** What the model is, for messages. */
  where: string;
}

/**
 * Part of the key of every engine. Raise it with every change that makes another graph of a model than before: the
 * nodes, their order or attributes, names, types, or weights. Engines that were built before are then built again.
 */
export const PREPARATION_VERSION = 2;

/** A picture of this size stands for all where nothing fixes one. */
const TYPICAL: Size = { width: 640, height: 640 };

/**
 * Prepares a serialised ONNX model. Its outputs are those of the untouched model on the pre-processed
 * picture, to 1e-4. With `fp16` they are
 * those of the model to about 1e-2. Throws MODEL_NOT_ONNX, MODEL_INPUT, MODEL_FAMILY or PREPROCESS_UNSUPPORTED.
 */
export function prepareGraph(model: Uint8Array, cfg: InferCfg, options: PrepareOptions): PreparedGraph {
  const { mode, format, processor, precision = 'fp32', maxBatch = 1, where } = options;
  const onnx = readOnnx(model, where);
  const notes = tidy(onnx, processor === 'cpu');
  const { image, auxiliary } = classifyInputs(graphSignature(onnx).inputs, where);
  fixAuxiliaryShapes(onnx, auxiliary);
  const fused = fusePreprocess(onnx, { cfg, mode, format, processor, networkInput: image.name, where });
  requireSameSize(image, fused.size, where);
  notes.push(`pre-processing moved into the graph: ${cfg.preprocess.map(({ type }) => type).join(', ')}`);
  if (addBestScores(onnx, cfg.labels.length))
    notes.push('the best score of each anchor is an output of its own');
  const auxiliaryInputs = [...auxiliary, ...fused.auxiliary];
  if (maxBatch > 1) {
    if (mode === 'exact') throw differentSizes(where);
    notes.push(...openBatch(onnx, [fused.imageInput, ...auxiliaryInputs.map(({ name }) => name)]));
  }
  if (precision === 'fp16') notes.push(...toFloat16(onnx, image.name));
  const size = fused.size ?? fixedNetworkSize(cfg) ?? resizeOf(cfg) ?? TYPICAL;
  return {
    model: writeOnnx(onnx),
    mode,
    format,
    imageInput: fused.imageInput,
    networkWidth: size.width,
    networkHeight: size.height,
    auxiliaryInputs,
    outputs: graphSignature(onnx).outputs,
    notes,
  };
}

/** One picture per run: an open batch dimension would only keep runtimes from planning ahead. */
function fixAuxiliaryShapes(onnx: OnnxModel, auxiliary: AuxiliaryInput[]): void {
  const names = new Set(auxiliary.map(({ name }) => name));
  onnx.graph.input = onnx.graph.input.map((input) =>
    names.has(input.name) ? valueInfo(input.name, FLOAT, [1, 2]) : input,
  );
}

function differentSizes(where: string): DetectdError {
  return new DetectdError(
    'MODEL_INPUT',
    `${where} cannot take batches here: its pictures come at their own sizes, which differ.`,
    'Use batches of 1.',
  );
}

function requireSameSize(image: ImageInput, size: Size | undefined, where: string): void {
  const { width, height } = image;
  if (size !== undefined) {
    const fits = (width ?? size.width) === size.width && (height ?? size.height) === size.height;
    if (fits) return;
  } else if (width === null || height === null) {
    return;
  }
  const given = size === undefined ? 'a size that depends on the picture' : sizeText(size);
  throw new DetectdError(
    'MODEL_INPUT',
    `${where} takes pictures of ${width ?? '?'}x${height ?? '?'}, but the pre-processing gives ${given}.`,
    'Use the infer_cfg.yml that was exported together with the model.',
  );
}
