/**
 * A camera on the real GStreamer, with everything it says collected. The binding lives on the main thread of
 * the test's own process, so one file of tests is one process that uses it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { systemClock } from '../../dist/base/clock.js';
import { AskingChooser } from '../../dist/capture/asking-chooser.js';
import { Camera, type CameraOptions } from '../../dist/capture/camera.js';
import { findElements } from '../../dist/capture/elements.js';
import { GstPipeline, requireGstreamer } from '../../dist/capture/gst-pipeline.js';
import type { Frame } from '../../dist/core/frame.js';
import type { Source } from '../../dist/core/source.js';
import type { CameraPlan } from '../../dist/core/worker-plan.js';
import type { CameraReport } from '../../dist/ipc/protocol.js';
import { until } from './until.js';

/** Why the real GStreamer cannot be used here; false when it can. */
export const noCapture: string | false = (() => {
  if (spawnSync('gst-launch-1.0', ['--version']).status !== 0) return 'gst-launch-1.0 is not installed';
  try {
    requireGstreamer();
    return false;
  } catch (error) {
    return String(error);
  }
})();

/** 795 frames of 768×576 at 10 a second. */
export const VTEST = new URL('../../../shared/media/vtest.avi', import.meta.url).pathname;
export const noVtest: string | false =
  noCapture || (existsSync(VTEST) ? false : '../shared/media/vtest.avi is not there');

export interface Rig {
  camera: Camera;
  /** Without their pixels, so that a test can keep many. */
  frames: Omit<Frame, 'data'>[];
  last: Frame | undefined;
  reports: CameraReport[];
  /** Resolves when the camera says so; rejects after a deadline. */
  reached(state: CameraReport['state'], times?: number): Promise<CameraReport>;
  got(frames: number): Promise<void>;
}

export async function rig(
  source: Source,
  plan: Partial<CameraPlan> = {},
  options: Partial<CameraOptions> = {},
): Promise<Rig> {
  const built: Rig = {
    frames: [],
    last: undefined,
    reports: [],
    reached: async (state, times = 1) => {
      const hits = () => built.reports.filter((report) => report.state === state);
      await until(() => hits().length >= times);
      return hits()[times - 1] as CameraReport;
    },
    got: (frames) => until(() => built.frames.length >= frames),
    camera: new Camera({
      plan: {
        name: 'c',
        source,
        model: 'm',
        fps: undefined,
        everyFrame: false,
        loop: false,
        stallTimeoutMs: 5000,
        slicing: undefined,
        ...plan,
      },
      target: { kind: 'scaled', width: 416, height: 416, format: 'RGB' },
      elements: await findElements(),
      clock: systemClock,
      chooser: (input, elements) => new AskingChooser(input, elements, { clock: systemClock }),
      pipelineFactory: (description) => new GstPipeline(description, { sparing: systemClock }),
      backoff: { initialMs: 50, maxMs: 500, stableMs: 60_000 },
      onFrame: ({ data, ...frame }) => {
        built.frames.push(frame);
        built.last = { ...frame, data };
      },
      onState: (report) => built.reports.push(report),
      ...options,
    }),
  };
  return built;
}
