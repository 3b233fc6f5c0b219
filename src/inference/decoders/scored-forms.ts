/**
 * Which outputs are boxes with a score for each class before NMS, and with which numbers their NMS is done. Shapes decide;
 * `arch` only tells apart what has one shape and two meanings.
 */
import type { InferCfg } from '../../bundle/infer-cfg.js';
import { BEST_SCORES, type TensorSpec } from '../../core/prepared-graph.js';
import type { DecoderOptions } from './decoder.js';
import { wrongLabels } from './label-fault.js';
import type { ScoredBoxesForm, ScoredBoxesOptions } from './scored-boxes.js';

type Limits = Pick<
  ScoredBoxesOptions,
  'scoreThreshold' | 'iouThreshold' | 'enterPerClass' | 'keepPerClass' | 'keep'
>;

/** configs/ppyoloe/_base_/ppyoloe_plus_crn.yml */
const PP_YOLOE: Limits = {
  ...{ scoreThreshold: 0.01, iouThreshold: 0.7 },
  ...{ enterPerClass: 1000, keepPerClass: 0, keep: 300 },
};

/** What a decoder of these outputs needs, or undefined where they are something else. Throws INFER_CFG_LABELS. */
export function scoredBoxes(
  all: readonly TensorSpec[],
  cfg: InferCfg,
  options: DecoderOptions,
): ScoredBoxesOptions | undefined {
  const outputs = all.filter(({ name }) => name !== BEST_SCORES);
  const best = all.findIndex(({ name }) => name === BEST_SCORES);
  const bestOutput = best === -1 ? undefined : best;
  const classes = options.labels.length;
  if (isBoxesAndScores(outputs)) {
    const scored = outputs[1]?.dims[1];
    if (typeof scored === 'number' && scored !== classes) throw wrongLabels(scored, classes);
    const anchors = outputs[0]?.dims[1] ?? outputs[1]?.dims[2] ?? undefined;
    const form = { layout: 'apart', boxesOutput: 0, scoresOutput: 1, boxes: 'corners', anchors } as const;
    if (cfg.arch === 'PicoDet' || cfg.arch === 'GFL') {
      return {
        ...{ ...options, family: 'PicoDet without NMS', bestOutput, ...picodetLimits(cfg) },
        form: { ...form, pixels: 'network', clipped: true },
      };
    }
    return {
      ...{ ...options, family: 'PP-YOLOE without NMS', bestOutput, ...PP_YOLOE },
      form: { ...form, pixels: 'original', clipped: false },
    };
  }
  const [only] = outputs;
  if (outputs.length !== 1 || only?.type !== 'float32' || only.dims.length !== 3) return undefined;
  if (only.dims[2] !== 4 + classes || only.dims[1] === 4 + classes) return undefined;
  const form: ScoredBoxesForm = {
    ...{ layout: 'rows', boxesOutput: 0, scoresOutput: 0, boxes: 'corners' },
    ...{ pixels: 'network', clipped: false, anchors: only.dims[1] ?? undefined },
  };
  return { ...options, family: 'PP-YOLOE without post-processing', bestOutput, ...PP_YOLOE, form };
}

/** Boxes [1, anchors, 4] and scores [1, classes, anchors]. */
export function isBoxesAndScores(outputs: readonly TensorSpec[]): boolean {
  const [boxes, scores] = outputs;
  if (outputs.length !== 2 || !outputs.every(({ type, dims }) => type === 'float32' && dims.length === 3))
    return false;
  const [anchors, scored] = [boxes?.dims[1], scores?.dims[2]];
  return boxes?.dims[2] === 4 && (anchors === scored || anchors === null || scored === null);
}

function picodetLimits({ nms }: InferCfg): Limits {
  return {
    ...{ scoreThreshold: 0, iouThreshold: nms?.iouThreshold ?? 0.5 },
    ...{ enterPerClass: 200, keepPerClass: nms?.keepTopK ?? 100, keep: 0 },
  };
}
