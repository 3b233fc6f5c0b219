/**
 * Decodes what every PaddleDetection export with post-processing gives: rows of class, score, x1, y1, x2, y2
 * in original pixels, and mostly how many of them count. Exporters fill up with rows that mean nothing
 * (class -1, score 0, a score of 1 with class -1), which go.
 */
import { DetectdError } from '../../base/errors.js';
import type { Detection } from '../../core/detection.js';
import type { TensorValue } from '../../core/prepared-graph.js';
import type { Decoder, DecoderOptions } from './decoder.js';

const COLUMNS = 6;

export interface Std6Options extends DecoderOptions {
  /** Places of the two outputs in graph order. */
  rowsOutput: number;
  countOutput: number | undefined;
}

export class Std6Decoder implements Decoder {
  readonly family = 'boxes with post-processing';
  readonly #options: Std6Options;

  constructor(options: Std6Options) {
    this.#options = options;
  }

  /** Throws INFER_CFG_LABELS when a class has no label, which shows only here. */
  decode(outputs: TensorValue[]): Detection[] {
    const { rowsOutput, countOutput, threshold, labels } = this.#options;
    const data = rowData(outputs[rowsOutput]);
    const count = countOutput === undefined ? undefined : outputs[countOutput];
    const rows = Math.min(data.length / COLUMNS, countOf(count));
    const detections: Detection[] = [];
    for (let at = 0; at < rows * COLUMNS; at += COLUMNS) {
      const labelId = Math.round(data[at] as number);
      const score = data[at + 1] as number;
      if (!(labelId >= 0 && score > threshold)) continue;
      const box = {
        x1: data[at + 2] as number,
        y1: data[at + 3] as number,
        x2: data[at + 4] as number,
        y2: data[at + 5] as number,
      };
      if (!Number.isFinite(labelId + box.x1 + box.y1 + box.x2 + box.y2)) continue;
      const label = labels[labelId];
      if (label === undefined) throw labelsTooShort(labelId, labels.length);
      detections.push({ label, labelId, score, box });
    }
    return detections.sort((a, b) => b.score - a.score);
  }
}

function rowData(tensor: TensorValue | undefined): Float32Array {
  const fits = tensor?.data instanceof Float32Array && tensor.data.length % COLUMNS === 0;
  if (fits && (tensor.dims.at(-1) === COLUMNS || tensor.data.length === 0))
    return tensor.data as Float32Array;
  throw new DetectdError(
    'MODEL_RUN',
    `The model gave ${tensor === undefined ? 'no tensor' : `${tensor.type} [${tensor.dims.join(',')}]`} where rows of 6 float32 numbers were expected.`,
    'Check that model.onnx is a detector of boxes.',
  );
}

/** A missing or senseless count means that all rows count. */
function countOf(tensor: TensorValue | undefined): number {
  const first = tensor?.data[0];
  if (first === undefined || tensor?.data.length !== 1) return Number.POSITIVE_INFINITY;
  return Number(first) >= 0 ? Number(first) : Number.POSITIVE_INFINITY;
}

function labelsTooShort(labelId: number, labels: number): DetectdError {
  return new DetectdError(
    'INFER_CFG_LABELS',
    `The model found class ${labelId} (at least ${labelId + 1} classes), but label_list has ${labels} labels.`,
    'Use the infer_cfg.yml that was exported together with the model.',
  );
}
