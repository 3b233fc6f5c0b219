/**
 * Decodes PicoDet without post-processing: per stride a tensor of class probabilities and one of distance
 * distributions. The arithmetic is that of deploy/python/picodet_postprocess.py; only anchors that pass the
 * threshold cost more than a comparison, and none an allocation.
 */
import type { Detection } from '../../core/detection.js';
import type { PictureGeometry } from '../../core/picture-geometry.js';
import type { TensorValue } from '../../core/prepared-graph.js';
import { Candidates } from './candidates.js';
import { ClassNms } from './class-nms.js';
import type { Decoder, DecoderOptions } from './decoder.js';
import { floats, nextAbove } from './output-data.js';

/** Best boxes of a class that enter NMS. */
const BEST_PER_CLASS = 200;

export interface PicodetLevel {
  stride: number;
  gridWidth: number;
  gridHeight: number;
}

export interface PicodetOptions extends DecoderOptions {
  /** In the order of the outputs. */
  levels: PicodetLevel[];
  /** The last output holds the best score of each anchor, so that only promising anchors are looked at. */
  bestScores: boolean;
  /** Bins per side of the distance distributions. */
  bins: number;
  iouThreshold: number;
  /** Anchors kept per level, by their best class. */
  topK: number;
  /** Boxes kept per class. */
  keepTopK: number;
}

export class PicodetDecoder implements Decoder {
  readonly family = 'PicoDet';
  readonly #options: PicodetOptions;
  readonly #candidates = new Candidates();
  readonly #nms: ClassNms;
  readonly #distances = new Float64Array(4);

  constructor(options: PicodetOptions) {
    this.#options = options;
    const { labels, iouThreshold, keepTopK: keepPerClass } = options;
    const limits = { enterPerClass: BEST_PER_CLASS, keepPerClass, keep: 0 };
    this.#nms = new ClassNms({ classes: labels.length, iouThreshold, ...limits });
  }

  decode(outputs: TensorValue[], geometry: PictureGeometry): Detection[] {
    const { levels } = this.#options;
    const candidates = this.#candidates;
    candidates.clear();
    const best = this.#bestScores(outputs);
    let firstAnchor = 0;
    for (let i = 0; i < levels.length; i += 1) {
      const level = levels[i] as PicodetLevel;
      const anchors = level.gridWidth * level.gridHeight;
      const scores = floats(outputs[i], anchors * this.#options.labels.length);
      const distances = floats(outputs[levels.length + i], anchors * 4 * this.#options.bins);
      const ofLevel = best?.subarray(firstAnchor, firstAnchor + anchors) ?? rowMaxima(scores, anchors);
      this.#collect(level, scores, distances, ofLevel);
      firstAnchor += anchors;
    }
    return this.#suppress(geometry);
  }

  #bestScores(outputs: TensorValue[]): Float32Array | undefined {
    const { levels, bestScores } = this.#options;
    if (!bestScores) return undefined;
    const anchors = levels.reduce((sum, { gridWidth, gridHeight }) => sum + gridWidth * gridHeight, 0);
    return floats(outputs[2 * levels.length], anchors);
  }

  /** Reads the scores only of anchors whose best one passes. */
  #collect(level: PicodetLevel, scores: Float32Array, regressions: Float32Array, best: Float32Array): void {
    const { threshold, labels, topK } = this.#options;
    const classes = labels.length;
    const candidates = this.#candidates;
    const [first, firstBox] = [candidates.count, candidates.boxCount];
    for (let anchor = nextAbove(best, 0, threshold); anchor < best.length; ) {
      const box = this.#addBox(level, anchor, regressions);
      const at = anchor * classes;
      for (let label = 0; label < classes && box >= 0; label += 1) {
        const score = scores[at + label] as number;
        if (score > threshold) candidates.add(label, score, box);
      }
      anchor = nextAbove(best, anchor + 1, threshold);
    }
    if (topK > 0 && candidates.boxCount - firstBox > topK) this.#keepBestAnchors(first, firstBox, topK);
  }

  /** The place of the anchor's box, or -1 when the network gave no number for it. */
  #addBox(level: PicodetLevel, anchor: number, regressions: Float32Array): number {
    const { bins } = this.#options;
    const distances = this.#distances;
    for (let side = 0; side < 4; side += 1)
      distances[side] = expectation(regressions, (anchor * 4 + side) * bins, bins) * level.stride;
    const [left = 0, top = 0, right = 0, bottom = 0] = distances;
    if (!Number.isFinite(left + top + right + bottom)) return -1;
    const row = Math.floor(anchor / level.gridWidth);
    const x = (anchor - row * level.gridWidth + 0.5) * level.stride;
    const y = (row + 0.5) * level.stride;
    return this.#candidates.addBox(x - left, y - top, x + right, y + bottom);
  }

  /** Of the level's entries from `first` on, keeps those of the `topK` anchors with the best scores. */
  #keepBestAnchors(first: number, firstBox: number, topK: number): void {
    const { score, label, box, count, boxCount } = this.#candidates;
    const best = new Float32Array(boxCount - firstBox);
    for (let i = first; i < count; i += 1) {
      const at = (box[i] as number) - firstBox;
      best[at] = Math.max(best[at] as number, score[i] as number);
    }
    const order = Array.from(best.keys()).sort((a, b) => (best[b] as number) - (best[a] as number));
    const stays = new Uint8Array(best.length);
    for (const at of order.slice(0, topK)) stays[at] = 1;
    let end = first;
    for (let i = first; i < count; i += 1) {
      if (stays[(box[i] as number) - firstBox] === 0) continue;
      score[end] = score[i] as number;
      label[end] = label[i] as number;
      box[end] = box[i] as number;
      end += 1;
    }
    this.#candidates.count = end;
  }

  #suppress(geometry: PictureGeometry): Detection[] {
    return this.#nms
      .suppress(this.#candidates)
      .map(({ labelId, score, place }) => this.#detection(labelId, score, place, geometry));
  }

  #detection(labelId: number, score: number, place: number, geometry: PictureGeometry): Detection {
    const { boxes } = this.#candidates;
    const { resizedWidth, resizedHeight, scaleX, scaleY } = geometry;
    const at = place * 4;
    return {
      label: this.#options.labels[labelId] as string,
      labelId,
      score,
      box: {
        x1: clamp(boxes[at] as number, resizedWidth) / scaleX,
        y1: clamp(boxes[at + 1] as number, resizedHeight) / scaleY,
        x2: clamp(boxes[at + 2] as number, resizedWidth) / scaleX,
        y2: clamp(boxes[at + 3] as number, resizedHeight) / scaleY,
      },
    };
  }
}

/** The best score of each anchor, for graphs that do not tell it. NaN never is the best. */
function rowMaxima(scores: Float32Array, anchors: number): Float32Array {
  const classes = scores.length / anchors;
  const maxima = new Float32Array(anchors);
  for (let anchor = 0, at = 0; anchor < anchors; anchor += 1) {
    let best = 0;
    for (const end = at + classes; at < end; at += 1)
      if ((scores[at] as number) > best) best = scores[at] as number;
    maxima[anchor] = best;
  }
  return maxima;
}

/** Expected bin of the softmax over `bins` logits from `at` on. */
function expectation(logits: Float32Array, at: number, bins: number): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < bins; k += 1) max = Math.max(max, logits[at + k] as number);
  let sum = 0;
  let weighted = 0;
  for (let k = 0; k < bins; k += 1) {
    const power = Math.exp((logits[at + k] as number) - max);
    sum += power;
    weighted += power * k;
  }
  return weighted / sum;
}

function clamp(value: number, max: number): number {
  return Math.min(Math.max(value, 0), max);
}
