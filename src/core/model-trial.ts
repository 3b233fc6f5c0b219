/**
 * What is found out about a new version of a model before it is believed: when it is tried in a process of its own, beside
 * the one that serves (shadow), and on probation. Plain data that is published and logged as it is.
 */
import type { ErrorData } from '../base/errors.js';
import type { Detection } from './detection.js';
import type { Precision } from './worker-plan.js';

/** Of a trial that went well; one that did not is a DetectdError with MODEL_FAILS, MODEL_SLOW or MODEL_FINDS_NOTHING. */
export interface TrialFacts {
  provider: string;
  precision: Precision;
  /** Samples of the bundle that it was run on; 0 where it has none, and drawn pictures had to do. */
  samples: number;
  /** Detections that its publisher expects in them, and how many of those were found again. */
  expected: number;
  found: number;
  /** Median time per picture in ms, without reading it; `activeMs` of the model that serves, in the same minutes. */
  ms: number;
  activeMs: number | undefined;
  /** Resident memory of the process that tried it, and what it gained over the repeated runs. */
  memoryBytes: number;
  growthBytes: number;
  /** In sentences: what a reader should know. */
  notes: string[];
}

/** What probation has seen of one camera, under the model before and under the new one. */
export interface ProbationCamera {
  camera: string;
  frames: number;
  /** Detections per frame; `expectedPerFrame` undefined where the model before was not seen long enough. */
  perFrame: number;
  expectedPerFrame: number | undefined;
  /** Median time per frame in the model, in ms. */
  inferMs: number | undefined;
  inferMsBefore: number | undefined;
}

/** Where a model on probation stands. */
export interface ProbationFacts {
  /** Milliseconds that it has been watched. */
  watchedMs: number;
  frames: number;
  /** What it still waits for, as a clause; undefined when it is over. */
  waiting: string | undefined;
  cameras: ProbationCamera[];
}

/** How probation ended. */
export type Verdict =
  | { good: true; facts: ProbationFacts }
  /** MODEL_FAILS, MODEL_SLOW, MODEL_LEAKS, MODEL_FINDS_NOTHING or MODEL_FINDS_TOO_MUCH. */
  | { good: false; error: ErrorData; facts: ProbationFacts };

/** A frame in which the two models disagree. */
export interface ShadowExample {
  /** RFC 3339, of its capture. */
  ts: string;
  /** Corners in pixels of a picture of `width` by `height`. */
  onlyOld: Detection[];
  onlyNew: Detection[];
  width: number;
  height: number;
}

export interface ShadowCamera {
  camera: string;
  /** Analysed by both. */
  frames: number;
  /** Detections of both models, of the same label and IoU ≥ 0.5; those of one alone. */
  both: number;
  onlyOld: number;
  onlyNew: number;
  /** The newest few. */
  examples: ShadowExample[];
}

/** What came of running a new model beside the one that serves. */
export interface ShadowFacts {
  model: string;
  /** Digest of the new one. */
  digest: string;
  seconds: number;
  frames: number;
  /** Of all detections of either the part that both have, 0 to 1; undefined while there are none. */
  agreement: number | undefined;
  /** The run is over. */
  done: boolean;
  cameras: ShadowCamera[];
}
