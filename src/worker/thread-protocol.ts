/** What the worker's main thread and its inference thread say to each other. Frames are transferred. */
import type { ErrorData } from '../base/errors.js';
import type { Frame, PixelFormat } from '../core/frame.js';
import type { FrameResult } from '../core/frame-result.js';
import type { ModelPlan } from '../core/worker-plan.js';
import type { ModelReport } from '../ipc/protocol.js';

export interface ThreadOptions {
  models: ModelPlan[];
  format: PixelFormat;
  scratchFolder: string;
  measureCpu: boolean;
}

export type ToThread =
  | { type: 'infer'; model: string; frame: Frame }
  | { type: 'thresholds'; thresholds: Record<string, number> }
  | { type: 'end' };

export type FromThread =
  | { type: 'loaded'; models: ModelReport[] }
  | { type: 'load-failed'; error: ErrorData }
  | { type: 'result'; result: FrameResult; inferCpuMs: number }
  | { type: 'frame-failed'; camera: string; error: ErrorData };
