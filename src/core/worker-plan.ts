/** All that a worker needs to know, as plain data. A new plan means a new worker or a change to a running one. */
import type { LogLevel } from '../base/logger.js';
import type { DeviceInfo } from './device-info.js';
import type { PreprocessMode } from './prepared-graph.js';
import type { RecordingPlan } from './recording.js';
import type { Slicing } from './slicing.js';
import type { Source } from './source.js';
import type { View } from './view.js';

export type ProviderName = 'tensorrt' | 'cuda' | 'cpu';
export type Precision = 'fp32' | 'fp16' | 'int8';

export interface ModelPlan {
  name: string;
  /** Folder or .tar.gz of the bundle; absolute. */
  bundle: string;
  /** Detections at or below this score are dropped. */
  threshold: number;
  /** Those above this one are handed on apart, to follow objects by; undefined: none are. */
  faint?: number;
  /** 'auto' takes the best that works. */
  provider: ProviderName | 'auto';
  precision: Precision;
  /** Threads inside one inference; 0 lets the runtime decide. */
  threads: number;
  /** Deep learning accelerator that its TensorRT engine runs on; what that cannot do stays with the GPU. */
  dlaCore?: number;
  /** Pictures that are analysed at once, of different cameras, if the model can; 1 by default. */
  maxBatch?: number;
  /** How long a picture waits for others while nothing is analysed; 0 by default. */
  batchWaitMs?: number;
}

/** What of a model changes without loading it again. */
export type Thresholds = Pick<ModelPlan, 'threshold' | 'faint'>;

export interface WorkerModelPlan extends ModelPlan {
  /** How its cameras' pictures arrive, `live` first: each mode is loaded for itself. */
  modes: PreprocessMode[];
  /** To be trusted here, best first; an engine of the first that has one serves, else its graph is prepared. */
  providers: ProviderName[];
}

export interface CameraPlan {
  name: string;
  source: Source;
  /** Name of a ModelPlan. */
  model: string;
  /** Cap on analysed frames per second; undefined takes what comes. */
  fps: number | undefined;
  /** Analyse every frame of a file, however long it takes, instead of the newest. */
  everyFrame: boolean;
  /** Start a file over when it ends. */
  loop: boolean;
  /** No frame for this long while playing means that the camera stalled. */
  stallTimeoutMs: number;
  /** Of two cameras, one with twice the weight gets twice the frames when there is not time for all; 1 by default. */
  weight?: number;
  /** Pictures that are the same for this long mean that the camera is frozen; undefined: nobody looks. */
  frozenAfterMs?: number;
  /** Pictures without contrast for this long mean that it is black or covered; undefined: nobody looks. */
  blackAfterMs?: number;
  /** How its pictures are cut into tiles; undefined analyses them as they are. */
  slicing: Slicing | undefined;
  /** What of its pictures is analysed, and which way up; undefined: all of it as it comes. */
  view?: View;
  /** Its stream is kept for a while, as it comes; absent: it is not. */
  recording?: RecordingPlan;
}

/** A new version that runs beside the one that serves; what both find is compared, no output changes. */
export interface ShadowPlan {
  /** The new version; its name is that of the model that serves. */
  model: WorkerModelPlan;
  /** Part of the frames that it analyses too, above 0; none while others wait. */
  share: number;
}

export interface WorkerPlan {
  models: WorkerModelPlan[];
  cameras: CameraPlan[];
  /** How many cameras the worker is sized for; more of them means another worker. */
  cameraCapacity: number;
  /** Folder for what can be made again: engines and unpacked bundles. */
  cacheFolder: string;
  /** What all engines in it may take together. */
  maxEngineBytes: number;
  /** What engines must have been built for. */
  device: DeviceInfo;
  log: { level: LogLevel; pretty: boolean };
  /** Account CPU time by part; costs two small file reads per frame. For benchmarks. */
  measureCpu: boolean;
  /** At most this many frames are analysed per second, over all cameras; undefined: as many as come. */
  maxRate?: number;
  shadow?: ShadowPlan;
}
