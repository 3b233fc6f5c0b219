/**
 * Detections as a COCO result file: the array that pycocotools' loadRes reads. Where nobody gives the ids of
 * pictures and categories they are made up, and a data set that explains them is written beside.
 */
import type { DetectJob, PictureResult } from '../ipc/detect-protocol.js';
import type { DetectResults, WriteLines } from './detect-results.js';

export interface CocoIds {
  /** Of the next picture; called once for each picture, in order, and for each file that fails. */
  image(job: DetectJob): number;
  /** Of each label, by its index. Throws COCO_ANNOTATIONS for a label that has none. */
  categories(labels: readonly string[]): number[];
}

/** `describe` takes the data set, a COCO file without annotations. */
export function cocoResults(ids: CocoIds, write: WriteLines, describe?: WriteLines): DetectResults {
  const found = new JsonArray(write, '[', ']');
  const images = describe && new JsonArray(describe, '{"images":[', '],');
  let categories: number[] = [];
  let names: readonly string[] = [];
  return {
    open: (labels) => {
      names = labels;
      categories = ids.categories(labels);
    },
    picture: (job, result) => {
      const image_id = ids.image(job);
      for (const { labelId, score, box } of result.detections) {
        const bbox = [box.x1, box.y1, box.x2 - box.x1, box.y2 - box.y1].map((value) => rounded(value, 3));
        found.add({ image_id, category_id: categories[labelId], bbox, score: rounded(score, 6) });
      }
      const { width, height } = result;
      images?.add({ id: image_id, file_name: pictureName(job, result), width, height });
    },
    failed: (job) => void ids.image(job),
    close: () => {
      found.close();
      images?.close();
      const described = names.map((name, index) => ({ id: categories[index], name }));
      describe?.(`"annotations":[],"categories":${JSON.stringify(described)}}\n`);
    },
  };
}

/** Writes an array element by element, a line each. */
class JsonArray {
  readonly #write: WriteLines;
  readonly #end: string;
  /** The line that still lacks its comma, or the array's opening. */
  #line: string;
  #empty = true;

  constructor(write: WriteLines, start: string, end: string) {
    this.#write = write;
    this.#line = start;
    this.#end = end;
  }

  add(element: unknown): void {
    this.#write(`${this.#line}${this.#empty ? '' : ','}\n`);
    this.#line = JSON.stringify(element);
    this.#empty = false;
  }

  close(): void {
    this.#write(`${this.#line}\n${this.#end}\n`);
  }
}

function pictureName({ path, kind }: DetectJob, { index }: PictureResult): string {
  return kind === 'video' ? `${path}#${index}` : path;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
