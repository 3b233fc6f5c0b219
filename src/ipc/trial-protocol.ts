/**
 * What is said to and by the process in which a new version of a model is tried: it is loaded, run on its samples and
 * timed against the version that serves. How far it has come is told, so that a death has a place.
 */
import type { ErrorData } from '../base/errors.js';
import type { DeviceInfo } from '../core/device-info.js';
import type { WorkerModelPlan } from '../core/worker-plan.js';
import type { ModelReport } from './protocol.js';

export interface TrialJob {
  candidate: WorkerModelPlan;
  /** The version that serves; undefined where there is none. */
  active: WorkerModelPlan | undefined;
  /** Folder of the cache, with the engines and unpacked bundles. */
  cacheFolder: string;
  maxEngineBytes: number;
  device: DeviceInfo;
  /** Only load it and say which engines it lacks. */
  loadOnly: boolean;
}

export interface SampleOutcome {
  image: string;
  /** Detections that the publisher expects above the threshold, and how many were found again. */
  expected: number;
  found: number;
}

export interface TrialMeasures {
  report: ModelReport;
  samples: SampleOutcome[];
  /** Medians in ms per picture, the versions in turns. */
  ms: number;
  activeMs: number | undefined;
  /** Why the active version could not be measured. */
  activeError: string | undefined;
  /** Pictures that the new version was run on. */
  runs: number;
  /** Lowest resident size in each of a few stretches of the runs that follow one another, in bytes. */
  rssBytes: number[];
}

export type ToTrial = { type: 'try'; job: TrialJob };

export type FromTrial =
  | { type: 'stage'; stage: 'loading' | 'samples' | 'timing'; done: number; total: number }
  | { type: 'tried'; measures: TrialMeasures }
  | { type: 'fatal'; error: ErrorData };

export const TO_TRIAL_TYPES: ReadonlySet<string> = new Set<ToTrial['type']>(['try']);
export const FROM_TRIAL_TYPES: ReadonlySet<string> = new Set<FromTrial['type']>(['stage', 'tried', 'fatal']);
