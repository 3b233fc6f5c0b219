/** What a builder process and its parent say to each other: one engine is built, then the process is gone. */
import type { ErrorData } from '../base/errors.js';
import type { DeviceInfo } from '../core/device-info.js';
import type { BuildProgress, BuiltEngine, EngineWish } from '../core/engine.js';
import type { ModelPlan } from '../core/worker-plan.js';

export interface BuildJob {
  model: ModelPlan;
  /** Its key is worked out again; another one means that the bundle was changed meanwhile. */
  wish: EngineWish;
  device: DeviceInfo;
  /** Folder of the cache, with the engines and unpacked bundles. */
  cacheFolder: string;
  /** What all engines may take together. */
  maxBytes: number;
  /** Digests of bundles whose engines do not make room for it; default none. */
  keep?: readonly string[];
  /** Largest batch that the engine takes; 1 builds for one picture at a time. */
  maxBatch: number;
  /** Try even what was refused or has failed before. */
  again: boolean;
}

export type ToBuilder =
  | { type: 'build'; job: BuildJob }
  /** Ends trtexec, removes what was built, and answers with ENGINE_CANCELLED. */
  | { type: 'cancel' };

export type FromBuilder =
  /** At least every second while it builds. */
  | { type: 'progress'; progress: BuildProgress }
  | { type: 'built'; engine: BuiltEngine }
  /** There will be no such engine: `final` when the same would come of another try on this machine. */
  | { type: 'failed'; error: ErrorData; final: boolean }
  | { type: 'fatal'; error: ErrorData };

export const TO_BUILDER_TYPES: ReadonlySet<string> = new Set<ToBuilder['type']>(['build', 'cancel']);
export const FROM_BUILDER_TYPES: ReadonlySet<string> = new Set<FromBuilder['type']>([
  'progress',
  'built',
  'failed',
  'fatal',
]);
