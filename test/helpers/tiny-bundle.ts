/**
 * A whole model bundle of a few hundred bytes: the real thing in form, so that the whole program runs on it
 * everywhere and at once. It finds the same object in every picture.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TensorProto_DataType } from 'onnx-buf';
import { FLOAT, floatTensor, int64Tensor, valueInfo } from '../../dist/graph/tensors.js';
import { inferCfgText } from '../fixtures/models/infer-cfg-text.js';
import { bytesOf, node, tinyModel } from '../fixtures/models/tiny-model.js';

const INT32 = TensorProto_DataType.INT32;

export interface TinyBundleOptions {
  /** Width and height of the network's input; 32 by default. */
  side?: number;
  /** The network takes any size: pictures keep their ratio and are padded to a multiple of `side`. */
  anySize?: boolean;
  /** One label by default: `thing`. */
  labels?: string[];
  /** It begins with a convolution, and gives rows without their number: several pictures can go in at once. */
  batches?: boolean;
  /** Index of the label that is found. */
  labelId?: number;
  score?: number;
  /** Corners in pixels of the original picture. */
  box?: [number, number, number, number];
  /** Products of two matrices of 256 by 256 that it computes for nothing, about a millisecond each. */
  work?: number;
  /** It asks for more memory than any machine has, once it is run. */
  hog?: boolean;
  /** Content of a calibration.cache; none by default. */
  calibration?: string;
}

/** Writes the bundle into `folder`, made when missing, and returns the folder. */
export function tinyBundle(folder: string, options: TinyBundleOptions = {}): string {
  const { side = 32, anySize = false, labels = ['thing'] } = options;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'model.onnx'), tinyDetector(options));
  const steps = [
    `{interp: 2, keep_ratio: ${anySize}, target_size: [${side}, ${side}], type: Resize}`,
    '{is_scale: true, mean: [0.0, 0.0, 0.0], std: [1.0, 1.0, 1.0], norm_type: mean_std, type: NormalizeImage}',
    '{type: Permute}',
    ...(anySize ? [`{stride: ${side}, type: PadStride}`] : []),
  ];
  const quoted = labels.map((label) => JSON.stringify(label));
  writeFileSync(join(folder, 'infer_cfg.yml'), inferCfgText(steps, quoted));
  if (options.calibration !== undefined)
    writeFileSync(join(folder, 'calibration.cache'), options.calibration);
  return folder;
}

/** The serialised model: one row of class, score and corners, and the number of rows. */
export function tinyDetector(options: TinyBundleOptions = {}): Uint8Array {
  const { side = 32, anySize = false, labelId = 0, score = 0.9, box = [4, 4, 20, 20] } = options;
  const { batches = false, work = 0, hog = false } = options;
  return bytesOf(
    tinyModel({
      // The row is a constant; the picture's mean, times nothing, keeps the model depending on its input.
      nodes: [
        ...(batches ? [node('Conv', ['image', 'kernel'], ['seen'])] : []),
        node('ReduceMean', [batches ? 'seen' : 'image'], ['mean'], {
          axes: { ints: [1, 2, 3] },
          keepdims: { int: 0 },
        }),
        node('Reshape', ['mean', 'column'], ['dot']),
        ...heavyNodes(work),
        ...(hog
          ? [
              node('Expand', ['dot', 'vast'], ['huge']),
              node('ReduceMax', ['huge'], ['most'], { keepdims: { int: 1 } }),
            ]
          : []),
        node('Mul', [hog ? 'most' : work > 0 ? 'worked' : 'dot', 'nothing'], ['blank']),
        node('Add', ['blank', 'row'], ['rows']),
        ...(batches
          ? []
          : [node('Shape', ['mean'], ['batch']), node('Cast', ['batch'], ['count'], { to: { int: INT32 } })]),
      ],
      inputs: [valueInfo('image', FLOAT, [1, 3, ...(anySize ? ['height', 'width'] : [side, side])])],
      outputs: [valueInfo('rows', FLOAT, [1, 6]), ...(batches ? [] : [valueInfo('count', INT32, [1])])],
      weights: [
        int64Tensor('column', [2], [1, 1]),
        floatTensor('nothing', [1, 6], [0, 0, 0, 0, 0, 0]),
        ...(work > 0 ? [floatTensor('square', [WORK_SIDE, WORK_SIDE], SQUARE)] : []),
        ...(hog ? [int64Tensor('vast', [2], [1_000_000, 1_000_000])] : []),
        ...(batches ? [floatTensor('kernel', [1, 3, 1, 1], [0.25, 0.5, 0.25])] : []),
        floatTensor('row', [1, 6], [labelId, score, ...box]),
      ],
    }),
  );
}

const WORK_SIDE = 256;
const SQUARE: number[] = Array.from({ length: WORK_SIDE * WORK_SIDE }, () => 1 / WORK_SIDE);

/** From `dot` to `worked`, both of one number: nothing of it can be worked out before there is a picture. */
function heavyNodes(work: number): ReturnType<typeof node>[] {
  if (work === 0) return [];
  const products = Array.from({ length: work }, (_, index) =>
    node('MatMul', [`work${index}`, 'square'], [`work${index + 1}`]),
  );
  return [
    node('Mul', ['dot', 'square'], ['work0']),
    ...products,
    node('ReduceMax', [`work${work}`], ['worked'], { keepdims: { int: 1 } }),
  ];
}
