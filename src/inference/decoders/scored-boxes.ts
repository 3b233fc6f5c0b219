/**
 * Decodes boxes with a score for each class that have not been through NMS: PP-YOLOE without NMS (exclude_nms) or without
 * post-processing (exclude_post_process), and graphs that were cut where their NMS began. Only anchors that pass the
 * threshold cost more than a comparison, and none an allocation.
 */
import type { Detection } from '../../core/detection.js';
import type { PictureGeometry } from '../../core/picture-geometry.js';
import type { TensorValue } from '../../core/prepared-graph.js';
import { Candidates } from './candidates.js';
import { ClassNms, type KeptBox } from './class-nms.js';
import type { Decoder, DecoderOptions } from './decoder.js';
import { floats, nextAbove } from './output-data.js';

/** How the numbers lie, and in which pixels boxes are. */
export interface ScoredBoxesForm {
  /**
   * `apart`: boxes [1, anchors, 4] and scores [1, classes, anchors], in that order of outputs. `rows`: one output [1, anchors,
   * 4 + classes]. `columns`: one output [1, 4 + classes, anchors].
   */
  layout: 'apart' | 'rows' | 'columns';
  /** Of `apart`: places of the outputs. */
  boxesOutput: number;
  scoresOutput: number;
  /** Boxes as two corners, or as centre, width and height. */
  boxes: 'corners' | 'centre';
  /** Boxes are in pixels of the original picture, or of the network's input. */
  pixels: 'original' | 'network';
  /** Cut off at the edges of the picture. */
  clipped: boolean;
  /** Undefined where the graph leaves it open. */
  anchors: number | undefined;
}

export interface ScoredBoxesOptions extends DecoderOptions {
  family: string;
  form: ScoredBoxesForm;
  /** Place of an output with the best score of each anchor, where the graph has one. */
  bestOutput: number | undefined;
  /** Of the graph or its exporter: lower scores never are detections. */
  scoreThreshold: number;
  iouThreshold: number;
  enterPerClass: number;
  keepPerClass: number;
  keep: number;
}

/** Where anchor and class are found in the numbers: anchor × `anchor` + class × `label` + `first`. */
interface Steps {
  data: Float32Array;
  first: number;
  anchor: number;
  item: number;
}

export class ScoredBoxesDecoder implements Decoder {
  readonly family: string;
  readonly #options: ScoredBoxesOptions;
  readonly #threshold: number;
  readonly #candidates = new Candidates();
  #best = new Float32Array(0);
  readonly #nms: ClassNms;

  constructor(options: ScoredBoxesOptions) {
    this.family = options.family;
    this.#options = options;
    this.#threshold = Math.max(options.threshold, options.scoreThreshold);
    this.#nms = new ClassNms({ classes: options.labels.length, ...options });
  }

  decode(outputs: TensorValue[], geometry: PictureGeometry): Detection[] {
    const { bestOutput, labels } = this.#options;
    const { anchors, boxes, scores } = this.#steps(outputs);
    const best =
      bestOutput === undefined ? this.#findBest(scores, anchors) : floats(outputs[bestOutput], anchors);
    const candidates = this.#candidates;
    candidates.clear();
    const threshold = this.#threshold;
    for (let anchor = nextAbove(best, 0, threshold); anchor < anchors; ) {
      const place = this.#addBox(boxes, anchor);
      let at = scores.first + anchor * scores.anchor;
      for (let label = 0; label < labels.length && place >= 0; label += 1, at += scores.item) {
        const score = scores.data[at] as number;
        if (score > threshold) candidates.add(label, score, place);
      }
      anchor = nextAbove(best, anchor + 1, threshold);
    }
    return this.#nms.suppress(candidates).map((kept) => this.#detection(kept, geometry));
  }

  #steps(outputs: TensorValue[]): { anchors: number; boxes: Steps; scores: Steps } {
    const { form, labels } = this.#options;
    const { layout } = form;
    const classes = labels.length;
    const first = outputs[form.boxesOutput];
    const width = layout === 'apart' ? 4 : 4 + classes;
    const anchors = form.anchors ?? Math.floor((first?.data.length ?? 0) / width);
    const data = floats(first, anchors * width);
    if (layout === 'apart') {
      const scores = floats(outputs[form.scoresOutput], anchors * classes);
      return {
        anchors,
        boxes: { data, first: 0, anchor: 4, item: 1 },
        scores: { data: scores, first: 0, anchor: 1, item: anchors },
      };
    }
    const [anchor, item] = layout === 'rows' ? [width, 1] : [1, anchors];
    return {
      anchors,
      boxes: { data, first: 0, anchor, item },
      scores: { data, first: 4 * item, anchor, item },
    };
  }

  /** Class after class or anchor after anchor, as the numbers lie. NaN never is the best. */
  #findBest({ data, first, anchor: anchorStep, item }: Steps, anchors: number): Float32Array {
    if (this.#best.length !== anchors) this.#best = new Float32Array(anchors);
    const best = this.#best;
    best.fill(Number.NEGATIVE_INFINITY);
    const classes = this.#options.labels.length;
    if (anchorStep === 1) {
      for (let label = 0, at = first; label < classes; label += 1, at += item)
        for (let anchor = 0; anchor < best.length; anchor += 1) {
          const score = data[at + anchor] as number;
          if (score > (best[anchor] as number)) best[anchor] = score;
        }
      return best;
    }
    for (let anchor = 0; anchor < best.length; anchor += 1) {
      const from = first + anchor * anchorStep;
      let most = Number.NEGATIVE_INFINITY;
      for (let at = from; at < from + classes; at += 1)
        if ((data[at] as number) > most) most = data[at] as number;
      best[anchor] = most;
    }
    return best;
  }

  /** The place of the anchor's box, or -1 when the network gave no number for it. */
  #addBox({ data, anchor: step, item }: Steps, anchor: number): number {
    const at = anchor * step;
    const a = data[at] as number;
    const b = data[at + item] as number;
    const c = data[at + 2 * item] as number;
    const d = data[at + 3 * item] as number;
    if (!Number.isFinite(a + b + c + d)) return -1;
    if (this.#options.form.boxes === 'corners') return this.#candidates.addBox(a, b, c, d);
    return this.#candidates.addBox(a - c / 2, b - d / 2, a + c / 2, b + d / 2);
  }

  #detection({ labelId, score, place }: KeptBox, geometry: PictureGeometry): Detection {
    const { boxes } = this.#candidates;
    const { labels, form } = this.#options;
    const network = form.pixels === 'network';
    const [scaleX, scaleY] = network ? [geometry.scaleX, geometry.scaleY] : [1, 1];
    const { resizedWidth, resizedHeight, imageWidth, imageHeight } = geometry;
    const [width, height] = network ? [resizedWidth, resizedHeight] : [imageWidth, imageHeight];
    const along = (at: number, end: number, scale: number): number => {
      const value = boxes[place * 4 + at] as number;
      return (form.clipped ? Math.min(Math.max(value, 0), end) : value) / scale;
    };
    const box = {
      x1: along(0, width, scaleX),
      y1: along(1, height, scaleY),
      x2: along(2, width, scaleX),
      y2: along(3, height, scaleY),
    };
    return { label: labels[labelId] as string, labelId, score, box };
  }
}
