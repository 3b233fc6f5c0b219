/**
 * The pre-processing steps that PaddleDetection's exporter writes, each with the defaults of the deployed
 * Python code (deploy/python/preprocess.py). Keys are checked: an argument that is silently ignored would
 * shift every box a little and be noticed by nobody.
 */
import { z } from 'zod';

/** OpenCV's numbers: 0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos. */
export type Interpolation = 0 | 1 | 2 | 3 | 4;
export const INTERPOLATION_NAMES = ['nearest', 'linear', 'cubic', 'area', 'Lanczos'] as const;

const MAX_SIDE = 16384;
const side = z.int().min(1).max(MAX_SIDE);
/** An integer is a square; a pair is height, width. */
const heightWidth = z
  .union([side, z.tuple([side, side])], { error: 'must be an integer or [height, width], 1 to 16384' })
  .transform((value) => (typeof value === 'number' ? ([value, value] as const) : value));
const perChannel = z.tuple([z.number(), z.number(), z.number()], { error: 'must be three numbers' });
const nonZero = z.number().refine((value) => value !== 0, 'must not be 0');

const OPS = {
  Resize: z
    .strictObject({
      type: z.literal('Resize'),
      target_size: heightWidth,
      keep_ratio: z.boolean().default(true),
      interp: z.int().min(0).max(4).default(1),
    })
    .transform((op) => ({
      type: op.type,
      height: op.target_size[0],
      width: op.target_size[1],
      keepRatio: op.keep_ratio,
      interp: op.interp as Interpolation,
    })),
  NormalizeImage: z
    .strictObject({
      type: z.literal('NormalizeImage'),
      mean: perChannel,
      std: z.tuple([nonZero, nonZero, nonZero], { error: 'must be three numbers' }),
      is_scale: z.boolean().default(true),
      norm_type: z.enum(['mean_std', 'none']).default('mean_std'),
    })
    .transform((op) => ({
      type: op.type,
      mean: op.mean,
      std: op.std,
      isScale: op.is_scale,
      normType: op.norm_type,
    })),
  Permute: z.strictObject({ type: z.literal('Permute') }),
  PadStride: z
    .strictObject({ type: z.literal('PadStride'), stride: z.int().max(MAX_SIDE).default(0) })
    .transform((op) => ({ type: op.type, stride: op.stride })),
  Pad: z
    .strictObject({
      type: z.literal('Pad'),
      size: heightWidth,
      fill_value: perChannel.default([114, 114, 114]),
    })
    .transform((op) => ({ type: op.type, height: op.size[0], width: op.size[1], fill: op.fill_value })),
  LetterBoxResize: z
    .strictObject({ type: z.literal('LetterBoxResize'), target_size: heightWidth })
    .transform((op) => ({ type: op.type, height: op.target_size[0], width: op.target_size[1] })),
  Resize_Mult32: z
    .strictObject({
      type: z.literal('Resize_Mult32'),
      limit_side_len: side,
      limit_type: z.string(),
      interp: z.int().min(0).max(4).default(1),
    })
    .transform((op) => ({
      type: op.type,
      limitSideLength: op.limit_side_len,
      limitType: op.limit_type,
      interp: op.interp as Interpolation,
    })),
  WarpAffine: z
    .strictObject({
      type: z.literal('WarpAffine'),
      keep_res: z.boolean().default(false),
      pad: z.int().min(0).max(MAX_SIDE).default(31),
      input_h: side.default(512),
      input_w: side.default(512),
      scale: z.number().default(0.4),
      shift: z.number().default(0.1),
      down_ratio: z.int().min(1).default(4),
    })
    .transform((op) => ({
      type: op.type,
      keepRes: op.keep_res,
      pad: op.pad,
      height: op.input_h,
      width: op.input_w,
      downRatio: op.down_ratio,
    })),
  TopDownEvalAffine: z
    .strictObject({
      type: z.literal('TopDownEvalAffine'),
      trainsize: z.tuple([side, side], { error: 'must be [width, height], 1 to 16384' }),
      use_udp: z.boolean().default(false),
    })
    .transform((op) => ({
      type: op.type,
      width: op.trainsize[0],
      height: op.trainsize[1],
      useUdp: op.use_udp,
    })),
  EvalAffine: z
    .strictObject({ type: z.literal('EvalAffine'), size: side, stride: side.default(64) })
    .transform((op) => ({ type: op.type, size: op.size, stride: op.stride })),
  CULaneResize: z
    .strictObject({
      type: z.literal('CULaneResize'),
      img_h: side,
      img_w: side,
      cut_height: z.int().min(0).max(MAX_SIDE),
    })
    .transform((op) => ({
      type: op.type,
      height: op.img_h,
      width: op.img_w,
      cutHeight: op.cut_height,
    })),
} as const;

export type PreprocessType = keyof typeof OPS;
export type PreprocessOp = { [T in PreprocessType]: z.output<(typeof OPS)[T]> }[PreprocessType];
export type ResizeOp = Extract<PreprocessOp, { type: 'Resize' }>;

export const PREPROCESS_TYPES = Object.keys(OPS) as PreprocessType[];

export function isPreprocessType(name: string): name is PreprocessType {
  return Object.hasOwn(OPS, name);
}

/** The schema of one step; its output is a PreprocessOp of that type. */
export function preprocessSchema(type: PreprocessType): z.ZodType<PreprocessOp> {
  return OPS[type];
}
