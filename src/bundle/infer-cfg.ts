/**
 * Reads PaddleDetection's infer_cfg.yml: what the deployed model expects of a picture, and what its
 * class numbers mean. Everything that its exporters write is read; keys that nobody knows are kept by
 * name, so that a newer exporter causes a warning and not a failure.
 */
import { load, YAMLException } from 'js-yaml';
import { z } from 'zod';
import { DetectdError, messageOf } from '../base/errors.js';
import { isPreprocessType, PREPROCESS_TYPES, type PreprocessOp, preprocessSchema } from './preprocess-op.js';

/** Largest text that is parsed; real ones are a few kB. */
export const MAX_INFER_CFG_BYTES = 1 << 20;
const MAX_ALIASES = 32;
const MAX_DEPTH = 20;
const MAX_PREPROCESS_OPS = 32;
const MAX_LABELS = 100_000;

const label = z
  .union([z.string(), z.number(), z.boolean()], { error: 'must be text' })
  .transform((value) => String(value));

const nms = z
  .looseObject({
    name: z.string().default('MultiClassNMS'),
    nms_top_k: z.int().default(1000),
    keep_top_k: z.int().default(100),
    score_threshold: z.number().default(0.3),
    nms_threshold: z.number().min(0).max(1).default(0.5),
  })
  .transform((value) => ({
    name: value.name,
    /** Anchors kept per level before NMS. Zero or less: all. */
    topK: value.nms_top_k,
    /** Boxes kept per class after NMS. Zero or less: all. */
    keepTopK: value.keep_top_k,
    scoreThreshold: value.score_threshold,
    iouThreshold: value.nms_threshold,
  }));

const plainMap = z.record(z.string(), z.unknown());

const schema = z.object({
  mode: z.string().default('paddle'),
  arch: z.string().default(''),
  metric: z.string().optional(),
  min_subgraph_size: z.int().optional(),
  draw_threshold: z.number().default(0.5),
  use_dynamic_shape: z.boolean().default(false),
  Preprocess: z.array(z.looseObject({ type: z.string() })).max(MAX_PREPROCESS_OPS),
  label_list: z.array(label).min(1).max(MAX_LABELS),
  NMS: nms.optional(),
  fpn_stride: z.array(z.int().min(1).max(1024)).min(1).max(8).optional(),
  mask: z.boolean().default(false),
  tracker: plainMap.nullish(),
  export_onnx: z.boolean().default(false),
  export_eb: z.boolean().default(false),
  img_w: z.number().optional(),
  ori_img_h: z.number().optional(),
  cut_height: z.number().optional(),
  conf_threshold: z.number().optional(),
  nms_thres: z.number().optional(),
  max_lanes: z.number().optional(),
  num_points: z.number().optional(),
  Global: plainMap.nullish(),
  Hpi: plainMap.nullish(),
});

export type NmsCfg = z.output<typeof nms>;

/** What CLRNet's lane decoding needs. */
export interface LaneCfg {
  imageWidth: number | undefined;
  originalImageHeight: number | undefined;
  cutHeight: number | undefined;
  confidenceThreshold: number | undefined;
  nmsThreshold: number | undefined;
  maxLanes: number | undefined;
  numPoints: number | undefined;
}

export interface InferCfg {
  /** The exporter's family name; a hint for people only, since several families share one. May be empty. */
  arch: string;
  mode: string;
  metric: string | undefined;
  minSubgraphSize: number | undefined;
  drawThreshold: number;
  useDynamicShape: boolean;
  /** In the order in which they are applied. */
  preprocess: PreprocessOp[];
  /** Index is the class number. */
  labels: string[];
  nms: NmsCfg | undefined;
  fpnStride: number[] | undefined;
  /** The model also gives masks. */
  mask: boolean;
  /** As written; only trackers read it. */
  tracker: Record<string, unknown> | undefined;
  exportOnnx: boolean;
  exportEb: boolean;
  lane: LaneCfg | undefined;
  /** Top-level keys that are not understood, for a warning. */
  unknownKeys: string[];
}

/**
 * Parses the text of an infer_cfg.yml. `where` names it in errors.
 * Throws INFER_CFG_INVALID (with line and column for bad YAML, else with the key in quotes) or
 * PREPROCESS_UNSUPPORTED for a step that nobody knows.
 */
export function parseInferCfg(text: string, where: string): InferCfg {
  const document = parseYaml(text, where);
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw invalid(where, 'it does not hold a map of keys at its top level');
  const result = schema.safeParse(document);
  if (!result.success) throw invalid(where, describeIssue(result.error, []));
  const cfg = result.data;
  const known = new Set<string>(Object.keys(schema.shape));
  return {
    arch: cfg.arch,
    mode: cfg.mode,
    metric: cfg.metric,
    minSubgraphSize: cfg.min_subgraph_size,
    drawThreshold: cfg.draw_threshold,
    useDynamicShape: cfg.use_dynamic_shape,
    preprocess: cfg.Preprocess.map((step, index) => parseOp(step, index, where)),
    labels: cfg.label_list,
    nms: cfg.NMS,
    fpnStride: cfg.fpn_stride,
    mask: cfg.mask,
    tracker: cfg.tracker ?? undefined,
    exportOnnx: cfg.export_onnx,
    exportEb: cfg.export_eb,
    lane: laneCfg(cfg),
    unknownKeys: Object.keys(document).filter((key) => !known.has(key)),
  };
}

function parseYaml(text: string, where: string): unknown {
  if (Buffer.byteLength(text) > MAX_INFER_CFG_BYTES)
    throw invalid(where, `it is larger than ${MAX_INFER_CFG_BYTES} bytes`);
  try {
    return load(text, { maxDepth: MAX_DEPTH, maxAliases: MAX_ALIASES });
  } catch (error) {
    const mark = error instanceof YAMLException ? error.mark : undefined;
    const reason = error instanceof YAMLException ? error.reason : messageOf(error);
    const at = mark === undefined ? '' : ` at line ${mark.line + 1}, column ${mark.column + 1}`;
    throw new DetectdError(
      'INFER_CFG_INVALID',
      `${where} is not valid YAML${at}: ${reason}.`,
      'Restore the file as the exporter wrote it.',
      { cause: error },
    );
  }
}

function parseOp(step: { type: string }, index: number, where: string): PreprocessOp {
  if (!isPreprocessType(step.type)) {
    throw new DetectdError(
      'PREPROCESS_UNSUPPORTED',
      `${where}: pre-processing step ${index + 1} is "${shorten(step.type)}", which is not known.`,
      `Known steps: ${PREPROCESS_TYPES.join(', ')}.`,
    );
  }
  const result = preprocessSchema(step.type).safeParse(step);
  if (result.success) return result.data;
  throw invalid(where, describeIssue(result.error, ['Preprocess', index]), `The step is "${step.type}".`);
}

function laneCfg(cfg: z.output<typeof schema>): LaneCfg | undefined {
  if (cfg.num_points === undefined && cfg.max_lanes === undefined && cfg.ori_img_h === undefined)
    return undefined;
  return {
    imageWidth: cfg.img_w,
    originalImageHeight: cfg.ori_img_h,
    cutHeight: cfg.cut_height,
    confidenceThreshold: cfg.conf_threshold,
    nmsThreshold: cfg.nms_thres,
    maxLanes: cfg.max_lanes,
    numPoints: cfg.num_points,
  };
}

function describeIssue(error: z.ZodError, prefix: PropertyKey[]): string {
  const issue = error.issues[0];
  if (issue === undefined) return 'it cannot be understood';
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') return `"${pathText([...path, issue.keys[0] ?? ''])}" is not known`;
  const problem = issue.message.replace(/^Invalid input: /, '').replace(/^Too /, 'too ');
  return `"${pathText(path)}": ${problem}`;
}

function pathText(path: PropertyKey[]): string {
  const text = path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`))
    .join('');
  return shorten(text);
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function invalid(where: string, problem: string, detail = ''): DetectdError {
  return new DetectdError(
    'INFER_CFG_INVALID',
    `${where} cannot be understood: ${problem}.${detail === '' ? '' : ` ${detail}`}`,
    'Restore the file as the exporter wrote it, or correct the key.',
  );
}
