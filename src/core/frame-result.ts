/** The only message per frame between processes: what was found in it, by which model, and how long it took. */
import type { Detection } from './detection.js';
import type { Truth } from './truth.js';

export interface ModelIdentity {
  /** Name in the configuration. */
  name: string;
  /** From the bundle's manifest; the first twelve digits of the digest when there is none. */
  version: string;
  /** `sha256:` and 64 hexadecimal digits over the bundle's files. */
  digest: string;
}

/** Milliseconds of each stage of one frame. */
export interface StageTimings {
  /** Waiting for its turn after capture. */
  queue: number;
  /** session.run() alone. */
  infer: number;
  /** From raw outputs to detections. */
  decode: number;
  /** How many pictures went through that run of the session together; 1 by default. */
  together?: number;
}

export interface FrameResult {
  camera: string;
  sequence: number;
  /** Clock.monotonicUs() at capture. */
  capturedAtUs: number;
  /** Original picture size in pixels. */
  imageWidth: number;
  imageHeight: number;
  model: ModelIdentity;
  /** Best first. */
  detections: Detection[];
  /** What lies below the threshold, but may belong to an object that is known; absent when there is nothing. */
  faint?: Detection[];
  timings: StageTimings;
  /** What the picture really shows; only of a source that draws. */
  truth?: Truth;
}
