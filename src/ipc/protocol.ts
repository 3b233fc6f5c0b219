/**
 * What a worker and its host say to each other: plain data, one type per direction, one version.
 * The first message of a worker is `hello`; a version that differs ends in a restart with the reason.
 */
import type { ErrorData } from '../base/errors.js';
import type { LogLevel } from '../base/logger.js';
import type { CameraState } from '../core/camera-state.js';
import type { Detection } from '../core/detection.js';
import type { Drops } from '../core/drops.js';
import type { EngineWish } from '../core/engine.js';
import type { FrameResult, ModelIdentity } from '../core/frame-result.js';
import type { PreprocessMode } from '../core/prepared-graph.js';
import type { CameraPlan, Precision, Thresholds, WorkerPlan } from '../core/worker-plan.js';

export const PROTOCOL_VERSION = 6;

export interface CameraReport {
  camera: string;
  state: CameraState;
  /** What is the matter with it. */
  error?: ErrorData;
  /** How its pictures are made, once that is decided; see PipelineChoice. */
  codec?: string;
  decoder?: string;
  note?: string;
  /** Opening it anew has not helped: in this process its decoder hangs, and another one may do better. */
  stuck?: boolean;
  /** How often it was opened again since the worker started. */
  reconnects: number;
}

/** What the version that serves and the new one have found in one frame. */
export interface ShadowReport {
  camera: string;
  capturedAtUs: number;
  imageWidth: number;
  imageHeight: number;
  both: number;
  /** How many only one of them found, and the best of those. */
  onlyOld: number;
  onlyNew: number;
  examplesOld: Detection[];
  examplesNew: Detection[];
}

export interface ModelReport {
  identity: ModelIdentity;
  provider: string;
  /** Arithmetic that it computes in, whatever was asked for. */
  precision: Precision;
  family: string;
  /** How pictures must arrive: scaled to the network size, or as they are. */
  mode: PreprocessMode;
  labels: string[];
  networkWidth: number;
  networkHeight: number;
  /** Pictures that it takes at once, from 1 to this many; 1 by default. */
  maxBatch?: number;
  loadMs: number;
  /** Keys of the engines that it runs by, one per mode; a mode without one runs on the graph prepared there and then. */
  engines: string[];
  /** Better engines that there are none of yet, best first. */
  wanted: EngineWish[];
  notes: string[];
}

/** Counters of one camera since the worker started. */
export interface CameraCounters {
  camera: string;
  captured: number;
  analysed: number;
  /** Delivered and never analysed. */
  drops: Drops;
  /** Could not be analysed. */
  failed: number;
  /** How often the camera was opened again; while it stays offline no report tells. */
  reconnects: number;
  /** Age of the newest frame in ms; null before the first. */
  lastFrameAgeMs: number | null;
  /** Of the newest picture as the source delivers it; absent before the first. */
  size?: { width: number; height: number };
}

/** What the worker has used since it started. */
export interface WorkerUsage {
  /** Frames that wait for their turn or are with the model, over all cameras. */
  waitingFrames: number;
  /** Results that the supervising process has not taken yet. */
  unsentResults: number;
  rssBytes: number;
  /** Pipelines that no camera plays any more; each keeps open files and memory until the process ends. */
  deadPipelines: number;
  /** CPU time of the whole process in ms. */
  cpuMs: number;
  /** Wall time inside session.run() in ms. */
  inferMs: number;
  /** Wall time from raw outputs to detections in ms. */
  decodeMs: number;
  /** Only when the plan asks for it: CPU time in ms inside session.run(), and of GStreamer's threads. */
  inferCpuMs?: number;
  gstreamerCpuMs?: number;
}

/** A JPEG at the size of the source. */
export interface SnapshotPicture {
  /** In base64: between processes travels JSON. */
  jpeg: string;
  width: number;
  height: number;
  capturedAtUs: number;
}

/** What the worker's main thread asks of GStreamer, and what it may not come back from. */
export interface NativeAct {
  camera: string;
  doing: 'building' | 'opening' | 'closing';
}

export type HostMessage =
  | { type: 'start'; plan: WorkerPlan }
  /** Replaces the set of cameras; those that did not change keep running. */
  | { type: 'cameras'; cameras: CameraPlan[] }
  /** What changes without a new worker: thresholds by model, what is logged, frames per second over all cameras. */
  | {
      type: 'adjust';
      thresholds: Record<string, Thresholds>;
      logLevel: LogLevel;
      /** Whether a model that runs beside another one goes on. */
      shadow: boolean;
      maxRate?: number;
    }
  /** A JPEG of the camera's next picture is wanted; answered by `snapshot` or `snapshot-failed` of that id. */
  | { type: 'snapshot'; id: number; camera: string; quality: number }
  | { type: 'stop' };

export type WorkerMessage =
  | { type: 'hello'; version: number; pid: number }
  /** Every model is loaded and has run once. Cameras are opened after this. */
  | { type: 'ready'; models: ModelReport[] }
  | { type: 'result'; result: FrameResult }
  | { type: 'camera'; report: CameraReport }
  /** Sent every second: the worker's event loop is alive. */
  | {
      type: 'heartbeat';
      cameras: CameraCounters[];
      usage: WorkerUsage;
      /** How long the model has owed an answer; null when it owes none. */
      inferringMs: number | null;
    }
  /** A frame that two versions of a model have analysed. */
  | { type: 'shadow'; report: ShadowReport }
  /** There is no version beside the one that serves, or none any more. */
  | { type: 'shadow-failed'; error: ErrorData }
  | { type: 'snapshot'; id: number; picture: SnapshotPicture }
  | { type: 'snapshot-failed'; id: number; error: ErrorData }
  /** It was told to have no cameras, and has closed the last of them. */
  | { type: 'idle' }
  /** Its main thread is about to do this; whatever it says next means that it has come back. */
  | { type: 'activity'; act: NativeAct }
  /** The worker cannot go on; it exits after this. */
  | { type: 'fatal'; error: ErrorData }
  /** Cameras are closed and every frame in hand was analysed; it exits after this. */
  | { type: 'stopped' };

/** The kinds of message that each side accepts; anything else is a protocol error. */
export const HOST_MESSAGE_TYPES: ReadonlySet<string> = new Set<HostMessage['type']>([
  'start',
  'cameras',
  'adjust',
  'snapshot',
  'stop',
]);
export const WORKER_MESSAGE_TYPES: ReadonlySet<string> = new Set<WorkerMessage['type']>([
  'hello',
  'ready',
  'result',
  'camera',
  'heartbeat',
  'idle',
  'shadow',
  'shadow-failed',
  'snapshot',
  'snapshot-failed',
  'activity',
  'fatal',
  'stopped',
]);
