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
import { FLOAT, valueInfo } from './tensors.js';
import { tidy } from './tidy.js';

export interface PrepareOptions {
  mode: PreprocessMode;
  format: PixelFormat;
  /** `cpu` adds what helps the CPU's kernels alone; `gpu` gives TensorRT a graph that it can take whole. */
  processor: 'cpu' | 'gpu';
  /** What the model is, for messages. */
  where: string;
}

/**
 * Part of the key of every engine. Raise it with every change that makes another graph of a model than before: the
 * nodes, their order or attributes, names, types, or weights. Engines that were built before are then built again.
 */
export const PREPARATION_VERSION = 1;

/** A picture of this size stands for all where nothing fixes one. */
const TYPICAL: Size = { width: 640, height: 640 };

/**
 * Prepares a serialised ONNX model. Its outputs are those of the untouched model on the pre-processed
 * picture, to 1e-4. Throws MODEL_NOT_ONNX, MODEL_INPUT, MODEL_FAMILY or PREPROCESS_UNSUPPORTED.
 */
export function prepareGraph(model: Uint8Array, cfg: InferCfg, options: PrepareOptions): PreparedGraph {
  const { mode, format, processor, where } = options;
  const onnx = readOnnx(model, where);
  const notes = tidy(onnx, processor === 'cpu');
  const { image, auxiliary } = classifyInputs(graphSignature(onnx).inputs, where);
  fixAuxiliaryShapes(onnx, auxiliary);
  const fused = fusePreprocess(onnx, { cfg, mode, format, processor, networkInput: image.name, where });
  requireSameSize(image, fused.size, where);
  notes.push(`pre-processing moved into the graph: ${cfg.preprocess.map(({ type }) => type).join(', ')}`);
  if (addBestScores(onnx, cfg.labels.length))
    notes.push('the best score of each anchor is an output of its own');
  const size = fused.size ?? fixedNetworkSize(cfg) ?? resizeOf(cfg) ?? TYPICAL;
  return {
    model: writeOnnx(onnx),
    mode,
    format,
    imageInput: fused.imageInput,
    networkWidth: size.width,
    networkHeight: size.height,
    auxiliaryInputs: [...auxiliary, ...fused.auxiliary],
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
