/** What is tried in a child process of its own, where a crash harms nobody: native parts, a model, a camera. */

import type { ErrorData } from '../base/errors.js';
import type { PixelRegion } from '../core/view.js';
import type { CameraPlan, ProviderName, WorkerModelPlan } from '../core/worker-plan.js';
import type { ModelReport } from './protocol.js';

export type ToProbe =
  | { type: 'runtime' }
  /** Load the model in each of its modes and run it once. */
  | { type: 'model'; plan: WorkerModelPlan; scratchFolder: string }
  /** Open the camera, wait for one frame, close it. */
  | { type: 'camera'; plan: CameraPlan }
  /** Load a tiny network on the provider, run it, and compare with the CPU. */
  | { type: 'provider'; provider: ProviderName };

export type FromProbe =
  | {
      type: 'runtime';
      gstreamer: { error?: ErrorData };
      onnxruntime: { version: string; providers: string[] } | { error: ErrorData };
      /** Reading and writing of image files. */
      pictures: { error?: ErrorData };
      /** Whether systemd can be notified without another process. */
      systemd: { addon: boolean };
    }
  | { type: 'model'; report: ModelReport }
  /** Sizes of the whole picture and of the part that is analysed, where that is not all of it. */
  | {
      type: 'camera';
      width: number;
      height: number;
      region?: PixelRegion;
      openMs: number;
      /** What was played, in launch syntax without secrets. */
      pipeline: string;
    }
  | { type: 'provider'; ms: number }
  | { type: 'fatal'; error: ErrorData };

export const TO_PROBE_TYPES: ReadonlySet<string> = new Set<ToProbe['type']>([
  'runtime',
  'model',
  'camera',
  'provider',
]);
export const FROM_PROBE_TYPES: ReadonlySet<string> = new Set<FromProbe['type']>([
  'runtime',
  'model',
  'camera',
  'provider',
  'fatal',
]);
