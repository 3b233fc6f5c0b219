/**
 * A copy of a video with its detections drawn in. It grows under another name and gets its own only when it is
 * whole, so that what is left of an interrupted run is never taken for it.
 */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { syncFolder } from '../base/atomic-file.js';
import type { Clock } from '../base/clock.js';
import { DetectdError, messageOf } from '../base/errors.js';
import type { ElementSet } from '../capture/elements.js';
import { type EncodingPipeline, VideoWriter } from '../capture/video-writer.js';
import type { Detection } from '../core/detection.js';
import type { FrameRate } from '../core/frame-rate.js';
import { drawDetections, type RawPicture } from '../picture/annotate.js';

export interface AnnotatedVideoOptions {
  file: string;
  /** Where it grows: in the same folder. */
  partial: string;
  clock: Clock;
  elements: () => Promise<ElementSet>;
  pipelineFactory: (description: string) => EncodingPipeline;
}

/** Where the source states no rate, or one that varies. */
const USUAL_RATE: FrameRate = { numerator: 25, denominator: 1 };

export class AnnotatedVideo {
  readonly #options: AnnotatedVideoOptions;
  #writer: VideoWriter | undefined;
  #size = { width: 0, height: 0 };

  constructor(options: AnnotatedVideoOptions) {
    this.#options = options;
  }

  /**
   * Adds the next picture. The first one decides on the size and, with `frameRate`, the rate. Throws VIDEO_ENCODE,
   * OUTPUT_UNWRITABLE, GSTREAMER_MISSING and USAGE.
   */
  async add(
    picture: RawPicture,
    detections: readonly Detection[],
    frameRate: FrameRate | undefined,
  ): Promise<void> {
    const { width, height } = picture;
    if (this.#writer === undefined) {
      this.#size = { width, height };
      this.#writer = await this.#open(frameRate ?? USUAL_RATE);
    } else if (width !== this.#size.width || height !== this.#size.height) {
      throw new DetectdError(
        'VIDEO_ENCODE',
        `The pictures of the video change their size, from ${this.#size.width}×${this.#size.height} to ${width}×${height}.`,
        'Use --frames: each picture keeps its own size.',
      );
    }
    await this.#writer.write(await drawDetections(picture, detections));
  }

  /** Puts the file in its place. Throws as add(). */
  async finish(): Promise<void> {
    if (this.#writer === undefined) return;
    const { file, partial } = this.#options;
    await this.#writer.finish();
    this.#writer = undefined;
    try {
      const whole = await open(partial, 'r');
      try {
        await whole.sync();
      } finally {
        await whole.close();
      }
      await rename(partial, file);
      await syncFolder(dirname(file));
    } catch (error) {
      throw unwritable(file, error);
    }
  }

  /** Removes what was not finished. */
  async discard(): Promise<void> {
    this.#writer?.close();
    this.#writer = undefined;
    await rm(this.#options.partial, { force: true });
  }

  async #open(frameRate: FrameRate): Promise<VideoWriter> {
    const { file, partial, clock, elements, pipelineFactory } = this.#options;
    try {
      await mkdir(dirname(file), { recursive: true });
    } catch (error) {
      throw unwritable(file, error);
    }
    return new VideoWriter({
      ...this.#size,
      frameRate,
      file: partial,
      ending: extname(file),
      elements: await elements(),
      clock,
      pipelineFactory,
    });
  }
}

function unwritable(file: string, error: unknown): DetectdError {
  return new DetectdError(
    'OUTPUT_UNWRITABLE',
    `${file} cannot be written: ${messageOf(error)}.`,
    'Free some space, or choose another --output.',
    { cause: error },
  );
}
