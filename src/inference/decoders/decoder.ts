/** From a model's raw outputs to detections. One decoder serves one session, for one picture at a time. */
import type { Detection } from '../../core/detection.js';
import type { PictureGeometry } from '../../core/picture-geometry.js';
import type { TensorValue } from '../../core/prepared-graph.js';

export interface DecoderOptions {
  /** Detections at or below this score are dropped. */
  threshold: number;
  /** Index is the class number. */
  labels: string[];
}

export interface Decoder {
  /** What kind of output it reads, for people. */
  readonly family: string;
  /**
   * `outputs` in graph order; detections best first, boxes in pixels of the original picture.
   * Throws MODEL_RUN when the outputs are not what the graph promised.
   */
  decode(outputs: TensorValue[], geometry: PictureGeometry): Detection[];
}
