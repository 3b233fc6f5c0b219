/**
 * What a new version of a model has to go through before it may serve: its engines are built beside the detection, then it
 * is loaded, run on its samples and timed against the version that serves, in a process that it may take with it.
 */
import type { Clock } from '../base/clock.js';
import type { ErrorCode } from '../base/error-codes.js';
import { DetectdError } from '../base/errors.js';
import type { TrialFacts } from '../core/model-trial.js';
import type { UpdateProgress } from '../core/model-update.js';
import type { WorkerModelPlan, WorkerPlan } from '../core/worker-plan.js';
import type { TrialJob, TrialMeasures } from '../ipc/trial-protocol.js';
import type { EngineKeeper } from '../supervisor/engine-keeper.js';
import { steadyRise } from '../supervisor/memory-climb.js';
import { type TrialStage, tryInChild } from '../supervisor/trial-host.js';

export interface TryoutOptions {
  /** Of the process that tries; default: ours. */
  module?: URL;
  env: NodeJS.ProcessEnv;
  clock: Clock;
  /** Longest silence of that process: loading a model, or one inference. */
  silenceMs: number;
}

/** A version that is to serve: the model with its bundle, and the plan that it is to be part of. */
export interface Candidate {
  model: WorkerModelPlan;
  plan: Pick<WorkerPlan, 'device' | 'cacheFolder' | 'maxEngineBytes'>;
}

const TRIAL = new URL('../worker/trial-main.js', import.meta.url);

/** Three times slower must be told from what measuring errs by on a machine that does other things. */
const SLOWER = 2.8;
/** No camera is kept waiting by less. */
const SLOWER_MS = 2;
/** Of its publisher's detections, scaled and computed otherwise here. */
const FOUND_AT_LEAST = 0.5;
/** The first of the stretches warm up. */
const WARM = 2;

/** Of the moment or of the machine: another try may end otherwise. */
const CIRCUMSTANCES: ReadonlySet<string> = new Set<ErrorCode>([
  'ENGINE_CANCELLED',
  'ENGINE_CACHE',
  'ENGINE_DISK',
  'FOLDER_UNWRITABLE',
  'FOLDER_UNLOCKABLE',
  'PROVIDER_UNAVAILABLE',
]);

/**
 * Builds what engines the version wants here; nothing where it wants none. Returns what could not be built, in sentences:
 * it then serves by something lesser, if it can. Throws MODEL_FAILS when it does not even load, ENGINE_MEMORY when memory
 * did not do for a build, and the reason of the signal.
 */
export async function buildCandidate(
  candidate: Candidate,
  keeper: Pick<EngineKeeper, 'buildFor' | 'state'>,
  options: TryoutOptions,
  signal: AbortSignal,
  onProgress: (progress: UpdateProgress) => void,
): Promise<string[]> {
  const { report } = await inChild(candidate, undefined, { ...options, loadOnly: true }, signal);
  if (report.wanted.length === 0) return [];
  const { name } = candidate.model;
  const telling = options.clock.every(1000, () => {
    const state = keeper.state(name);
    if (state.phase !== 'building' || state.progress === undefined) return;
    const { elapsedMs, expectedMs } = state.progress;
    const leftMs = expectedMs === undefined ? undefined : Math.max(0, expectedMs - elapsedMs);
    onProgress({ done: elapsedMs, total: expectedMs, leftMs, waiting: undefined });
  });
  try {
    const failures = await keeper.buildFor(candidate.model, report.wanted, signal);
    const memory = failures.find(({ code }) => code === 'ENGINE_MEMORY');
    if (memory !== undefined) throw memory;
    return failures.map(({ message }) => message);
  } finally {
    telling.cancel();
  }
}

/**
 * Throws MODEL_FAILS (does not load, crashes, hangs, runs out of memory, does not find what its publisher does),
 * MODEL_FINDS_NOTHING, MODEL_SLOW, MODEL_LEAKS, what is of the moment and not of the model, and the reason of the signal.
 */
export async function tryOutModel(
  candidate: Candidate,
  active: WorkerModelPlan | undefined,
  options: TryoutOptions,
  signal: AbortSignal,
  onProgress: (progress: UpdateProgress) => void = () => {},
): Promise<TrialFacts> {
  const onStage = ({ done, total }: TrialStage): void =>
    onProgress({ done, total: total === 0 ? undefined : total, leftMs: undefined, waiting: undefined });
  const measures = await inChild(candidate, active, { ...options, loadOnly: false, onStage }, signal);
  return judgeTrial(candidate.model.name, measures);
}

/** Pure. Throws what is to be said of a version that may not serve. */
export function judgeTrial(model: string, measures: TrialMeasures): TrialFacts {
  const { report, samples, ms, activeMs, activeError, runs, rssBytes } = measures;
  const expected = samples.reduce((sum, sample) => sum + sample.expected, 0);
  const found = samples.reduce((sum, sample) => sum + sample.found, 0);
  const name = `The new model "${model}"`;
  const of = `${found} of the ${expected} objects that its publisher finds in its samples`;
  if (expected > 0 && found === 0) throw refusal('MODEL_FINDS_NOTHING', `${name} finds ${of}.`);
  if (found < FOUND_AT_LEAST * expected) throw refusal('MODEL_FAILS', `${name} finds only ${of}.`);
  if (activeMs !== undefined && ms >= SLOWER * activeMs && ms - activeMs >= SLOWER_MS)
    throw refusal(
      'MODEL_SLOW',
      `${name} takes ${ms.toFixed(1)} ms per picture, the one that serves ${activeMs.toFixed(1)} ms.`,
    );
  const warm = rssBytes.slice(WARM);
  const rise = steadyRise(warm);
  if (rise !== undefined)
    throw refusal('MODEL_LEAKS', `${name} grew by ${Math.round(rise / 1e6)} MB in ${runs} pictures.`);
  return {
    provider: report.provider,
    precision: report.precision,
    samples: samples.length,
    expected,
    found,
    ms,
    activeMs,
    memoryBytes: rssBytes.at(-1) ?? 0,
    growthBytes: (warm.at(-1) ?? 0) - (warm[0] ?? 0),
    notes: [
      ...report.notes,
      ...(activeError === undefined ? [] : [`not timed against the one that serves: ${activeError}`]),
    ],
  };
}

async function inChild(
  { model, plan }: Candidate,
  active: WorkerModelPlan | undefined,
  options: TryoutOptions & Pick<TrialJob, 'loadOnly'> & { onStage?: (stage: TrialStage) => void },
  signal: AbortSignal,
): Promise<TrialMeasures> {
  const { device, cacheFolder, maxEngineBytes } = plan;
  const { loadOnly, module = TRIAL, onStage, ...host } = options;
  let stage: TrialStage['stage'] | undefined;
  const job = { candidate: model, active, cacheFolder, maxEngineBytes, device, loadOnly };
  try {
    return await tryInChild(job, {
      ...host,
      module,
      signal,
      onStage: (now) => {
        stage = now.stage;
        onStage?.(now);
      },
    });
  } catch (thrown) {
    signal.throwIfAborted();
    const error = DetectdError.from(thrown);
    if (CIRCUMSTANCES.has(error.code)) throw error;
    const when = stage === undefined || stage === 'loading' ? 'while it was loaded' : 'while it was run';
    throw refusal('MODEL_FAILS', `The new model "${model.name}" failed ${when}: ${error.message}`, error);
  }
}

function refusal(code: ErrorCode, message: string, cause?: Error): DetectdError {
  return new DetectdError(
    code,
    message,
    'It does not serve; the version before does, where there was one. Mend the model and give it another version, or try this one anew with "detectd models install --again".',
    cause === undefined ? {} : { cause },
  );
}
