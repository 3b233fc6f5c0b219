/**
 * A model made ready for detectd: it takes the picture as uint8 and holds its pre-processing as nodes.
 * graph/ makes it, inference/ runs it; neither knows the other, this is what passes between them.
 */
import type { PixelFormat } from './frame.js';

export type TensorType = 'float32' | 'float16' | 'uint8' | 'int8' | 'int32' | 'int64' | 'bool';

/** Name, type and shape of a graph input or output; null is a dimension that is not fixed. */
export interface TensorSpec {
  name: string;
  type: TensorType;
  dims: (number | null)[];
}

/** A tensor's content. int64 data is a BigInt64Array, float16 a Uint16Array of raw bits, bool a Uint8Array. */
export interface TensorValue {
  type: TensorType;
  data: Float32Array | Uint8Array | Int8Array | Int32Array | BigInt64Array | Uint16Array;
  dims: readonly number[];
}

/** `live`: the picture arrives at network size. `exact`: it arrives at its own size and is resized in the graph. */
export type PreprocessMode = 'live' | 'exact';

/**
 * Output that a prepared graph may have beside its own: the best score of each anchor, [1, anchors], level after
 * level.
 */
export const BEST_SCORES = 'detectd_best_scores';

/** What has to be known of a prepared graph to run it, whether as it is or as an engine that was built from it. */
export interface GraphFacts {
  mode: PreprocessMode;
  format: PixelFormat;
  /** Graph input that takes the picture: uint8 [1, height, width, channels], or [batch, …]. */
  imageInput: string;
  /**
   * Size of the tensor that the untouched network sees, padding included; a typical size where it depends
   * on the picture.
   */
  networkWidth: number;
  networkHeight: number;
  /** The other graph inputs, to be fed per picture, by what they mean. */
  auxiliaryInputs: AuxiliaryInput[];
  /** Outputs in graph order, BEST_SCORES last where there is one. */
  outputs: TensorSpec[];
  /** What was changed, for people: "203 weights folded", "78 hard-swish chains replaced", … */
  notes: string[];
}

export interface PreparedGraph extends GraphFacts {
  /** A serialised ONNX model. */
  model: Uint8Array;
}

/**
 * Inputs beside the picture, float32 unless said otherwise:
 * `im_shape` [1,2] height and width after resizing, before padding; `scale_factor` [1,2] (y, x) resized / original;
 * the `resize_…` ones drive the exact mode's Resize where the size depends on the picture.
 */
export type AuxiliaryMeaning = 'im_shape' | 'scale_factor' | 'resize_scales' | 'resize_pads' | 'resize_ends';

export interface AuxiliaryInput {
  name: string;
  meaning: AuxiliaryMeaning;
}
