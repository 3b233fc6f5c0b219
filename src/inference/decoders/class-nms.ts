/**
 * Non-maximum suppression class by class over what a decoder has collected, in buffers that are kept from picture to
 * picture. Each family has its own numbers; what they mean is the same.
 */
import { greedyNms } from '../nms.js';
import type { Candidates } from './candidates.js';

export interface ClassNmsOptions {
  classes: number;
  /** A box goes when its overlap (IoU) with a better one of its class is above this. */
  iouThreshold: number;
  /** Best boxes of a class that enter; 0: all. */
  enterPerClass: number;
  /** Boxes of a class that may stay; 0: all. */
  keepPerClass: number;
  /** Boxes that may stay over all classes, the best ones; 0: all. */
  keep: number;
}

/** An entry that stays. */
export interface KeptBox {
  labelId: number;
  score: number;
  /** Of its box in the candidates' `boxes`, a fourth of the index. */
  place: number;
}

export class ClassNms {
  readonly #options: ClassNmsOptions;
  readonly #byClass: number[][];
  #places = new Int32Array(0);
  #kept = new Uint32Array(0);

  constructor(options: ClassNmsOptions) {
    this.#options = options;
    this.#byClass = Array.from({ length: options.classes }, () => []);
  }

  /** Best first; equals in the order of classes and candidates. */
  suppress({ score, label, box, boxes, count }: Candidates): KeptBox[] {
    const { iouThreshold, enterPerClass, keepPerClass, keep } = this.#options;
    for (let entry = 0; entry < count; entry += 1) this.#byClass[label[entry] as number]?.push(entry);
    const found: KeptBox[] = [];
    for (let labelId = 0; labelId < this.#byClass.length; labelId += 1) {
      const entries = this.#byClass[labelId] as number[];
      if (entries.length === 0) continue;
      entries.sort((a, b) => (score[b] as number) - (score[a] as number));
      const entering = enterPerClass > 0 ? Math.min(enterPerClass, entries.length) : entries.length;
      this.#reserve(entering);
      for (let at = 0; at < entering; at += 1) this.#places[at] = box[entries[at] as number] as number;
      const limit = keepPerClass > 0 ? Math.min(keepPerClass, entering) : entering;
      const total = greedyNms(boxes, this.#places, entering, iouThreshold, limit, this.#kept);
      let at = 0;
      for (let k = 0; k < total; k += 1) {
        const place = this.#kept[k] as number;
        while (this.#places[at] !== place) at += 1;
        found.push({ labelId, score: score[entries[at] as number] as number, place });
        at += 1;
      }
      entries.length = 0;
    }
    found.sort((a, b) => b.score - a.score);
    if (keep > 0 && found.length > keep) found.length = keep;
    return found;
  }

  #reserve(count: number): void {
    if (this.#places.length >= count) return;
    this.#places = new Int32Array(2 * count);
    this.#kept = new Uint32Array(2 * count);
  }
}
