/** What `detectd doctor` asks of a child process: the native parts are tried there, where a crash harms nobody. */
import type { ErrorData } from '../base/errors.js';
import type { CameraPlan } from '../core/worker-plan.js';

export type ToProbe =
  | { type: 'runtime' }
  /** Open the camera, wait for one frame, close it. */
  | { type: 'camera'; plan: CameraPlan };

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
  | { type: 'camera'; width: number; height: number; openMs: number }
  | { type: 'fatal'; error: ErrorData };

export const TO_PROBE_TYPES: ReadonlySet<string> = new Set<ToProbe['type']>(['runtime', 'camera']);
export const FROM_PROBE_TYPES: ReadonlySet<string> = new Set<FromProbe['type']>([
  'runtime',
  'camera',
  'fatal',
]);
