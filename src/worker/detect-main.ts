/**
 * Entry of the process behind `detectd detect`: reads pictures and videos at their full size, runs the model
 * with the resizing inside its graph, and draws. It is a process of its own so that the command line stays
 * free of native code and a file that crashes a decoder fails alone.
 */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '../base/atomic-file.js';
import { systemClock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import { findElements } from '../capture/elements.js';
import { GstPipeline } from '../capture/gst-pipeline.js';
import { readVideo, type VideoInfo } from '../capture/video-file.js';
import type { Slicing } from '../core/slicing.js';
import { ParentChannel } from '../ipc/channel.js';
import {
  type DetectJob,
  type FromDetector,
  type PictureResult,
  TO_DETECTOR_TYPES,
  type ToDetector,
} from '../ipc/detect-protocol.js';
import { annotatePicture } from '../picture/annotate.js';
import { decodePicture, type Picture } from '../picture/decode-picture.js';
import { AnnotatedVideo } from './annotated-video.js';
import { writeDrawnPicture } from './drawn-picture.js';
import { endNow } from './end-process.js';
import { ModelRunner } from './model-runner.js';
import { SlicedRunner } from './sliced-runner.js';

const channel = new ParentChannel<FromDetector, ToDetector>(TO_DETECTOR_TYPES);
let runner: ModelRunner | undefined;
let slices: { runner: SlicedRunner; slicing: Slicing } | undefined;
let last: Promise<void> = Promise.resolve();

async function obey(message: ToDetector): Promise<void> {
  if (message.type === 'open') {
    runner = await ModelRunner.load(message.model, {
      mode: 'exact',
      format: 'RGB',
      scratchFolder: message.scratchFolder,
    });
    const { slicing } = message;
    if (slicing !== undefined) slices = { runner: new SlicedRunner(runner, 'RGB'), slicing };
    channel.send({ type: 'opened', report: runner.report });
  } else if (message.type === 'analyse') {
    await analyse(message.job);
  } else if (message.type === 'draw') {
    await writeDrawnPicture(message.path);
    channel.send({ type: 'drawn' });
  } else {
    await leave();
  }
}

async function analyse(job: DetectJob): Promise<void> {
  const { path, kind } = job;
  try {
    const pictures = kind === 'image' ? await analyseImage(job) : await analyseVideo(job);
    channel.send({ type: 'done', path, pictures });
  } catch (thrown) {
    const fallback = kind === 'image' ? 'IMAGE_UNREADABLE' : 'VIDEO_UNREADABLE';
    channel.send({ type: 'failed', path, error: DetectdError.from(thrown, fallback).toData() });
  }
}

async function analyseImage(job: DetectJob): Promise<number> {
  const started = performance.now();
  const picture = await decodePicture(job.path);
  const result = await detect(picture, 0, performance.now() - started);
  if (job.output !== undefined) await draw(picture, result, job.output);
  channel.send({ type: 'picture', path: job.path, result });
  return 1;
}

async function analyseVideo(job: DetectJob): Promise<number> {
  let info: VideoInfo | undefined;
  const copy = annotatedVideo(job);
  let index = 0;
  let started = performance.now();
  const onOpened = (opened: VideoInfo): void => {
    info = opened;
  };
  try {
    for await (const { width, height, data } of readVideo(job.path, { onOpened })) {
      const picture: Picture = { width, height, format: 'RGB', data };
      const result = await detect(picture, index, performance.now() - started);
      if (info?.frames !== undefined) result.frames = info.frames;
      const drawing = performance.now();
      if (copy !== undefined) await copy.add(picture, result.detections, info?.frameRate);
      else if (job.output !== undefined) await draw(picture, result, frameFile(job.output, index));
      if (job.output !== undefined) result.timings.draw = performance.now() - drawing;
      channel.send({ type: 'picture', path: job.path, result });
      // A reader that is slower than the model must not make this process grow.
      if (channel.backlog > 64) await channel.drained();
      index += 1;
      started = performance.now();
    }
    await copy?.finish();
    return index;
  } finally {
    await copy?.discard();
  }
}

function annotatedVideo({ output, partial }: DetectJob): AnnotatedVideo | undefined {
  if (output === undefined || partial === undefined) return undefined;
  return new AnnotatedVideo({
    file: output,
    partial,
    clock: systemClock,
    elements: () => findElements(),
    pipelineFactory: (description) => new GstPipeline(description),
  });
}

async function detect(picture: Picture, index: number, read: number): Promise<PictureResult> {
  if (runner === undefined) throw new DetectdError('INTERNAL', 'A file was sent before the model.');
  const { width, height, data } = picture;
  const whole = { width, height, sourceWidth: width, sourceHeight: height, data };
  const { detections, inferMs, decodeMs, ...sliced } =
    slices === undefined ? await runner.run(whole) : await slices.runner.run(whole, slices.slicing);
  return { index, width, height, detections, ...sliced, timings: { read, infer: inferMs, decode: decodeMs } };
}

async function draw(picture: Picture, { detections, timings }: PictureResult, file: string): Promise<void> {
  const started = performance.now();
  await mkdir(dirname(file), { recursive: true });
  await writeFileAtomic(file, await annotatePicture(picture, detections, { name: file }));
  timings.draw = performance.now() - started;
}

function frameFile(folder: string, index: number): string {
  return join(folder, `${String(index).padStart(6, '0')}.jpg`);
}

async function leave(): Promise<void> {
  await channel.drained();
  endNow();
}

channel.start({
  onMessage: (message) => {
    last = last
      .then(() => obey(message))
      .catch((error: unknown) => {
        channel.send({ type: 'fatal', error: DetectdError.from(error).toData() });
        return leave();
      });
  },
  onParentGone: endNow,
});
