/** What `detectd detect` and its child process say to each other: one file at a time, one answer per picture. */
import type { ErrorData } from '../base/errors.js';
import type { Detection } from '../core/detection.js';
import type { Slicing } from '../core/slicing.js';
import type { ModelPlan } from '../core/worker-plan.js';
import type { ModelReport } from './protocol.js';

export interface DetectJob {
  path: string;
  kind: 'image' | 'video';
  /** Where the annotated copy goes: a file, or without `partial` a folder for the pictures of a video. */
  output?: string;
  /** Where the copy of a video grows until it is whole. Whoever asks for it removes what is left of it. */
  partial?: string;
}

export interface PictureResult {
  /** Index of the frame in a video; 0 for an image. */
  index: number;
  /** About how many frames the video has, where that is known. */
  frames?: number;
  width: number;
  height: number;
  detections: Detection[];
  /** How many tiles it was cut into, where slicing was asked for. */
  tiles?: number;
  /** Milliseconds: reading and decoding the file, inference, from raw outputs to detections, and drawing if any. */
  timings: { read: number; infer: number; decode: number; draw?: number };
}

export type ToDetector =
  | { type: 'open'; model: ModelPlan; scratchFolder: string; slicing: Slicing | undefined }
  | { type: 'analyse'; job: DetectJob }
  /** Write a picture to try things with. */
  | { type: 'draw'; path: string }
  | { type: 'end' };

export type FromDetector =
  | { type: 'opened'; report: ModelReport }
  | { type: 'picture'; path: string; result: PictureResult }
  | { type: 'done'; path: string; pictures: number }
  | { type: 'drawn' }
  | { type: 'failed'; path: string; error: ErrorData }
  | { type: 'fatal'; error: ErrorData };

export const TO_DETECTOR_TYPES: ReadonlySet<string> = new Set<ToDetector['type']>([
  'open',
  'analyse',
  'draw',
  'end',
]);
export const FROM_DETECTOR_TYPES: ReadonlySet<string> = new Set<FromDetector['type']>([
  'opened',
  'picture',
  'done',
  'drawn',
  'failed',
  'fatal',
]);
