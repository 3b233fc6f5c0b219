/**
 * Whether a model that serves on probation keeps its place, from what was seen of it and of the one before it: a pure
 * decision. What a scene may do by itself (nobody comes, many come) is no reason to refuse a model, so what it finds is
 * judged late and by much.
 */
import type { ErrorCode } from '../base/error-codes.js';
import { DetectdError } from '../base/errors.js';
import type { ProbationFacts, Verdict } from '../core/model-trial.js';
import type { WindowFacts } from './frame-window.js';

export interface WatchedCamera {
  camera: string;
  seen: WindowFacts;
  /** Under the model before; undefined where that was not seen. */
  before: WindowFacts | undefined;
}

export interface ProbationInput {
  model: string;
  watchedMs: number;
  /** How long it has to serve well. */
  probationMs: number;
  cameras: readonly WatchedCamera[];
  /** Why its worker failed; undefined while it has not. */
  failure: DetectdError | undefined;
  /** Frames that it could not analyse. */
  failedFrames: number;
  /** That its worker loses memory, in a sentence. */
  leak: string | undefined;
}

/** Fewer say nothing about a camera. */
export const LEAST_FRAMES = 20;
/** Slower than this is more than what heat, other programs and a scene with more in it do to the same model. */
export const SLOWER = 2.5;
/** A camera that gets this part of its frames analysed is not kept waiting. */
const KEEPS_UP = 0.8;
/** What a model must find of that which was expected, once so many were. */
const FINDS_AT_LEAST = 0.2;
const EXPECTED_AT_LEAST = 20;
const FINDS_AT_MOST = 5;
const TOO_MANY = 100;
/** Nobody's scene is the same all the time: what is found counts after this, or half of the probation. */
const SCENE_MS = 60_000;
/** More frames than this part that fail are no mishap. */
const FAILING = 0.05;

/** What comes of it so far; `undefined` verdict while it goes on. */
export function judgeProbation(input: ProbationInput): {
  facts: ProbationFacts;
  verdict: Verdict | undefined;
} {
  const { watchedMs, probationMs, cameras } = input;
  const frames = cameras.reduce((sum, { seen }) => sum + seen.frames, 0);
  const facts: ProbationFacts = {
    watchedMs,
    frames,
    waiting: waiting(watchedMs, probationMs, frames),
    cameras: cameras.map(({ camera, seen, before }) => ({
      camera,
      frames: seen.frames,
      perFrame: seen.perFrame,
      expectedPerFrame: isKnown(before) ? before.perFrame : undefined,
      inferMs: seen.inferMs,
      inferMsBefore: before?.inferMs,
    })),
  };
  const error = fault(input, frames);
  if (error !== undefined) return { facts, verdict: { good: false, error: error.toData(), facts } };
  return { facts, verdict: facts.waiting === undefined ? { good: true, facts } : undefined };
}

function waiting(watchedMs: number, probationMs: number, frames: number): string | undefined {
  if (frames < LEAST_FRAMES) return `fewer than ${LEAST_FRAMES} frames were analysed yet`;
  return watchedMs < probationMs ? 'it is on probation' : undefined;
}

function fault(input: ProbationInput, frames: number): DetectdError | undefined {
  const { model, failure, failedFrames, leak, watchedMs, probationMs, cameras } = input;
  if (failure !== undefined)
    return refusal('MODEL_FAILS', `The worker with the new model "${model}" failed: ${failure.message}`);
  if (failedFrames >= LEAST_FRAMES && failedFrames > FAILING * (frames + failedFrames))
    return refusal(
      'MODEL_FAILS',
      `The new model "${model}" failed on ${failedFrames} of ${frames + failedFrames} frames.`,
    );
  if (leak !== undefined) return refusal('MODEL_LEAKS', `The new model "${model}" loses memory: ${leak}`);
  const scene = watchedMs >= Math.min(SCENE_MS, probationMs / 2);
  for (const camera of cameras) {
    const error = slow(model, camera) ?? (scene ? findings(model, camera) : undefined);
    if (error !== undefined) return error;
  }
  return undefined;
}

/** More than so much slower, and too slow for the camera: what a faster board makes no difference for is no fault. */
function slow(model: string, { camera, seen, before }: WatchedCamera): DetectdError | undefined {
  if (!isKnown(before) || seen.frames < LEAST_FRAMES) return undefined;
  const [now, then] = [seen.inferMs, before.inferMs];
  if (now === undefined || then === undefined || now <= SLOWER * then) return undefined;
  const interval = before.intervalMs;
  const behind =
    seen.intervalMs !== undefined && interval !== undefined && interval < KEEPS_UP * seen.intervalMs;
  if (!behind && !(interval !== undefined && now > interval)) return undefined;
  return refusal(
    'MODEL_SLOW',
    `The new model "${model}" takes ${inMs(now)} per frame of camera "${camera}", the one before took ${inMs(then)}.`,
  );
}

function findings(model: string, { camera, seen, before }: WatchedCamera): DetectdError | undefined {
  if (!isKnown(before) || seen.frames < LEAST_FRAMES) return undefined;
  const expected = before.perFrame * seen.frames;
  const found = seen.detections;
  const what = `in ${seen.frames} frames of camera "${camera}", where the one before would have found about ${Math.round(expected)}`;
  if (expected >= EXPECTED_AT_LEAST && found < FINDS_AT_LEAST * expected)
    return refusal('MODEL_FINDS_NOTHING', `The new model "${model}" finds ${found} objects ${what}.`);
  // Where nothing was expected, a crowd may come; five in every frame are none.
  if (found >= TOO_MANY && found > FINDS_AT_MOST * Math.max(expected, seen.frames))
    return refusal('MODEL_FINDS_TOO_MUCH', `The new model "${model}" finds ${found} objects ${what}.`);
  return undefined;
}

function isKnown(before: WindowFacts | undefined): before is WindowFacts {
  return before !== undefined && before.frames >= LEAST_FRAMES;
}

function inMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

function refusal(code: ErrorCode, message: string): DetectdError {
  return new DetectdError(
    code,
    message,
    'It does not serve; the version before does, where there was one. Once the cause is mended, "detectd models install --again" has this one tried anew.',
  );
}
