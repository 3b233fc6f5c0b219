/**
 * What is done with a new version of a model in the process in which it is tried: its samples, then many pictures in turns
 * with the version that serves, so that whatever else the machine does slows both down alike.
 */
import type { SampleDetection } from '../bundle/samples.js';
import { agreement } from '../core/agreement.js';
import type { Detection } from '../core/detection.js';
import type { SampleOutcome } from '../ipc/trial-protocol.js';
import type { RunOutcome } from './model-runner.js';
import type { TrialPicture } from './trial-pictures.js';

export interface TrialModel {
  run(picture: TrialPicture['picture']): Promise<RunOutcome>;
}

/** What scores so near to the threshold may come to lie below it. */
const NEAR = 0.1;
const LEAST_RUNS = 12;
const MOST_RUNS = 240;
const TIMING_MS = 15_000;
/** For sizes to be compared; caches and arenas fill in the first of them. */
const STRETCHES = 8;

/**
 * Of each sample what was expected and found again: pictures reach an engine scaled otherwise than its publisher scaled
 * them, so boxes need only overlap. Throws what an inference fails with.
 */
export async function runSamples(
  model: TrialModel,
  pictures: readonly TrialPicture[],
  threshold: number,
  onDone: (done: number) => void,
): Promise<SampleOutcome[]> {
  const outcomes: SampleOutcome[] = [];
  for (const [index, { name, picture, expected }] of pictures.entries()) {
    const { detections } = await model.run(picture);
    if (expected !== undefined)
      outcomes.push({ image: name, ...foundAgain(expected, detections, threshold) });
    onDone(index + 1);
  }
  return outcomes;
}

export function foundAgain(
  expected: readonly SampleDetection[],
  detections: readonly Detection[],
  threshold: number,
): Pick<SampleOutcome, 'expected' | 'found'> {
  const sure = expected
    .filter(({ score }) => score > threshold + NEAR)
    .map(({ label, label_id: labelId, score, box: [x1, y1, x2, y2] }) => {
      return { label, labelId, score, box: { x1, y1, x2, y2 } };
    });
  return { expected: sure.length, found: agreement(sure, detections).both };
}

export interface Timing {
  ms: number;
  activeMs: number | undefined;
  runs: number;
  rssBytes: number[];
}

/** Runs both in turns, for seconds. @param rss resident size in bytes; @param nowMs any clock that only goes forward */
export async function timeInTurns(
  candidate: { model: TrialModel; pictures: readonly TrialPicture[] },
  active: { model: TrialModel; pictures: readonly TrialPicture[] } | undefined,
  { rss, nowMs, onDone }: { rss: () => number; nowMs: () => number; onDone: (done: number) => void },
): Promise<Timing> {
  const times: number[] = [];
  const activeTimes: number[] = [];
  const sizes: number[] = [];
  const started = nowMs();
  while (times.length < MOST_RUNS && (times.length < LEAST_RUNS || nowMs() - started < TIMING_MS)) {
    times.push(await oneRun(candidate, times.length));
    if (active !== undefined) activeTimes.push(await oneRun(active, activeTimes.length));
    sizes.push(rss());
    onDone(times.length);
  }
  return {
    ms: median(times),
    activeMs: activeTimes.length === 0 ? undefined : median(activeTimes),
    runs: times.length,
    rssBytes: lowestOfStretches(sizes),
  };
}

async function oneRun(
  { model, pictures }: { model: TrialModel; pictures: readonly TrialPicture[] },
  index: number,
): Promise<number> {
  const { inferMs, decodeMs } = await model.run((pictures[index % pictures.length] as TrialPicture).picture);
  return inferMs + decodeMs;
}

function lowestOfStretches(sizes: readonly number[]): number[] {
  return Array.from({ length: STRETCHES }, (_, index) => {
    const from = Math.floor((index * sizes.length) / STRETCHES);
    const to = Math.floor(((index + 1) * sizes.length) / STRETCHES);
    return Math.min(...sizes.slice(from, Math.max(to, from + 1)));
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
