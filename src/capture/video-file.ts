/**
 * Every frame of a video at its own size, one after the other: for commands that analyse a file once. The
 * decoder waits for the reader, so a long video needs no more memory than a short one.
 */
import { systemClock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { Frame, PixelFormat } from '../core/frame.js';
import { type FrameRate, parseFrameRate } from '../core/frame-rate.js';
import { Camera } from './camera.js';
import { findElements } from './elements.js';
import { GstPipeline } from './gst-pipeline.js';

export interface VideoInfo {
  /** Undefined where it varies or is not stated. */
  frameRate: FrameRate | undefined;
  /** About how many frames there are, where length and rate are known. */
  frames: number | undefined;
}

export interface ReadVideoOptions {
  /** Called before the first frame is given. */
  onOpened?: (info: VideoInfo) => void;
  /** 'RGB' by default. */
  format?: PixelFormat;
  /** No picture for this long means that the file cannot be decoded. */
  stallTimeoutMs?: number;
}

/**
 * Yields the frames in order. Throws VIDEO_UNREADABLE (after the pictures before the fault, if any) or
 * GSTREAMER_MISSING. Leaving the loop closes the file.
 */
export async function* readVideo(path: string, options: ReadVideoOptions = {}): AsyncGenerator<Frame, void> {
  const { format = 'RGB', stallTimeoutMs = 20_000, onOpened } = options;
  let pipeline: GstPipeline | undefined;
  let frame: Frame | undefined;
  let failure: DetectdError | undefined;
  let ended = false;
  let wake = () => {};
  const camera = new Camera({
    plan: {
      name: 'video',
      source: { kind: 'file', path },
      model: '',
      fps: undefined,
      everyFrame: true,
      loop: false,
      stallTimeoutMs,
      slicing: undefined,
    },
    target: { kind: 'source-size', format, described: onOpened !== undefined },
    elements: await findElements(),
    clock: systemClock,
    pipelineFactory: (description) => {
      pipeline = new GstPipeline(description);
      return pipeline;
    },
    wantsFrame: () => frame === undefined,
    onFrame: (next) => {
      frame = next;
      wake();
    },
    onState: ({ state, error }) => {
      if (error !== undefined) failure = DetectdError.fromData(error);
      if (state === 'ended') ended = true;
      wake();
    },
  });
  camera.start();
  try {
    for (;;) {
      if (frame !== undefined) {
        const next: Frame = frame;
        if (next.sequence === 0 && pipeline !== undefined) onOpened?.(await describe(pipeline));
        frame = undefined;
        // The next one is decoded while the reader works on this one.
        camera.demand();
        yield next;
      } else if (failure !== undefined) {
        throw failure;
      } else if (ended) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    await camera.stop();
  }
}

async function describe(pipeline: GstPipeline): Promise<VideoInfo> {
  const frameRate = parseFrameRate((await pipeline.sourceSize())?.frameRate);
  const seconds = pipeline.duration();
  if (frameRate === undefined || seconds === undefined) return { frameRate, frames: undefined };
  return {
    frameRate,
    frames: Math.max(1, Math.round((seconds * frameRate.numerator) / frameRate.denominator)),
  };
}
