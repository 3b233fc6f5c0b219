/** What decoders read of a model's outputs, checked once per picture and tensor. */
import { DetectdError } from '../../base/errors.js';
import type { TensorValue } from '../../core/prepared-graph.js';

/** The numbers of a float32 output that must have so many. Throws MODEL_RUN. */
export function floats(tensor: TensorValue | undefined, length: number): Float32Array {
  if (tensor?.data instanceof Float32Array && tensor.data.length === length) return tensor.data;
  throw new DetectdError(
    'MODEL_RUN',
    `The model gave ${tensor === undefined ? 'no tensor' : `${tensor.type} [${tensor.dims.join(',')}]`} where ${length} float32 numbers were expected.`,
    'Check that model.onnx and infer_cfg.yml belong together.',
  );
}

/** The first place from `from` on whose score is above the threshold, or the length. NaN never is. */
export function nextAbove(scores: Float32Array, from: number, threshold: number): number {
  let i = from;
  while (i < scores.length && !((scores[i] as number) > threshold)) i += 1;
  return i;
}
