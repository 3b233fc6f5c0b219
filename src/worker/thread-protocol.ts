/** What the worker's main thread and its inference thread say to each other. Frames are transferred. */
import type { ErrorData } from '../base/errors.js';
import type { DeviceInfo } from '../core/device-info.js';
import type { Frame, PixelFormat } from '../core/frame.js';
import type { FrameResult } from '../core/frame-result.js';
import type { Slicing } from '../core/slicing.js';
import type { Thresholds, WorkerModelPlan } from '../core/worker-plan.js';
import type { ModelReport, ShadowReport } from '../ipc/protocol.js';

export interface ThreadOptions {
  models: WorkerModelPlan[];
  format: PixelFormat;
  scratchFolder: string;
  measureCpu: boolean;
  /** Where engines are kept, and what they must have been built for; the cache is below the scratch folder. */
  engines: { maxBytes: number; device: DeviceInfo };
  /** A new version that is to run beside the model of its name. */
  shadow: WorkerModelPlan | undefined;
}

export type ToThread =
  /** Frames that are analysed at once, and which of them by a version beside the one that serves, too. */
  | { type: 'infer'; model: string; frames: Frame[]; slicing: Slicing | undefined; shadowed: boolean[] }
  /** The version beside the one that serves is not wanted any more. */
  | { type: 'drop-shadow' }
  | { type: 'thresholds'; thresholds: Record<string, Thresholds> }
  | { type: 'end' };

export type FromThread =
  | { type: 'loaded'; models: ModelReport[] }
  | { type: 'load-failed'; error: ErrorData }
  | { type: 'result'; result: FrameResult; inferCpuMs: number }
  | { type: 'shadow'; report: ShadowReport }
  | { type: 'shadow-failed'; error: ErrorData }
  /** One of the inferences that a frame takes is done. */
  | { type: 'progress' }
  | { type: 'frame-failed'; camera: string; error: ErrorData };
