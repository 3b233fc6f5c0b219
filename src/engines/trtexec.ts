/**
 * Builds a TensorRT engine with trtexec, in a folder that is the caller's. What lies at the final name afterwards
 * was written whole, judged good by trtexec, loaded by it once, and carries the version of the library here.
 */
import { open, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import { DetectdError, messageOf } from '../base/errors.js';
import { type BuildAttempt, firstAttempt, nextAttempt } from './build-attempt.js';
import { PhaseTimes } from './phase-times.js';
import { inspectPlan } from './plan-file.js';
import { parseTensorrtVersion, type TensorrtVersion } from './tensorrt-version.js';
import { borrowTimingCache, returnTimingCache } from './timing-cache.js';
import { type BuildEffort, type TrtexecRequest, trtexecArguments } from './trtexec-arguments.js';
import { DISK_HINT, type TrtexecFailure, trtexecFailure } from './trtexec-failure.js';
import type { TrtexecOutput, TrtexecPhase } from './trtexec-output.js';
import { runTrtexec, TRTEXEC_LIMITS, type TrtexecLimits } from './trtexec-process.js';

export interface PlanBuild {
  /** Path of trtexec. */
  program: string;
  /** Of the library, as the fingerprint says it. */
  tensorrt: string;
  /** `timingCache` is read, and replaced when the build was good. */
  request: TrtexecRequest;
  effort: BuildEffort;
  /** Absolute; must exist. The engine is written to `engine.plan` in it. */
  folder: string;
}

export interface PlanBuildOptions {
  clock: Clock;
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal;
  limits?: TrtexecLimits;
  /** Of the lock on the engine's key: it holds for as long as trtexec lives, even without this process. */
  lockFd?: number;
  onProgress?: (progress: BuildProgress) => void;
}

export interface BuildProgress {
  phase: TrtexecPhase;
  /** Since the first attempt began. */
  elapsedMs: number;
  attempt: number;
}

export interface BuiltPlan {
  path: string;
  bytes: number;
  /** Of TensorRT, from the engine itself. */
  version: string;
  elapsedMs: number;
  /** How long each phase of the attempt that succeeded took. */
  phasesMs: Partial<Record<TrtexecPhase, number>>;
  attempts: AttemptRecord[];
  /** What a reader of the build's record should know, in sentences. */
  notes: string[];
  /** The last lines that trtexec printed. */
  log: string[];
}

export interface AttemptRecord {
  workspaceMiB: number;
  optimizationLevel: number | undefined;
  /** Why there was another one. */
  failure: string | undefined;
}

/** Carries what trtexec printed last. */
export class TrtexecError extends DetectdError {
  readonly log: readonly string[];

  constructor({ code, message, hint }: DetectdError, log: readonly string[]) {
    super(code, message, hint);
    this.name = 'TrtexecError';
    this.log = log;
  }
}

const PLAN = 'engine.plan';
/** An engine is about as large as its model; the timing cache comes on top. */
const SPARE_BYTES = 64 * 1024 * 1024;
const PROGRESS_MS = 1000;

/** What one attempt left, or why it left nothing. */
type Outcome =
  | { plan: Omit<BuiltPlan, 'attempts' | 'elapsedMs'> }
  | { failure: TrtexecFailure; log: string[] };

/**
 * Throws ENGINE_UNSUPPORTED, ENGINE_BUILD, ENGINE_MEMORY, ENGINE_DISK, ENGINE_CANCELLED or PROVIDER_UNAVAILABLE; the
 * folder then holds nothing of the build. A TrtexecError carries what trtexec printed.
 */
export async function buildPlan(build: PlanBuild, options: PlanBuildOptions): Promise<BuiltPlan> {
  const version = parseTensorrtVersion(build.tensorrt);
  if (version === undefined)
    throw new DetectdError(
      'ENGINE_UNSUPPORTED',
      `"${build.tensorrt}" is no version of TensorRT.`,
      '"detectd doctor" shows where it was found.',
    );
  await requireSpace(build);
  const startUs = options.clock.monotonicUs();
  const elapsedMs = (): number => (options.clock.monotonicUs() - startUs) / 1000;
  const attempts: AttemptRecord[] = [];
  let attempt = firstAttempt(build.effort);
  for (;;) {
    const number = attempts.length + 1;
    const tell = (phase: TrtexecPhase): void =>
      options.onProgress?.({ phase, elapsedMs: elapsedMs(), attempt: number });
    const outcome = await tryOnce(build, attempt, version, options, tell);
    const failure = 'failure' in outcome ? outcome.failure : undefined;
    const { workspaceMiB, optimizationLevel } = attempt;
    attempts.push({ workspaceMiB, optimizationLevel, failure: failure?.error.message });
    if ('plan' in outcome) return { ...outcome.plan, attempts, elapsedMs: elapsedMs() };
    const next = nextAttempt(attempt, outcome.failure.remedy);
    if (next === undefined) throw new TrtexecError(outcome.failure.error, outcome.log);
    attempt = next;
  }
}

async function tryOnce(
  build: PlanBuild,
  attempt: BuildAttempt,
  version: TensorrtVersion,
  options: PlanBuildOptions,
  tell: (phase: TrtexecPhase) => void,
): Promise<Outcome> {
  const { clock, env, signal, limits = TRTEXEC_LIMITS } = options;
  const partial = join(build.folder, `.${PLAN}.tmp`);
  // trtexec rewrites it in place: whatever ends it must not leave half a file to all later builds.
  const timingCache = join(build.folder, '.timing.tmp');
  const scratch = [partial, timingCache, `${timingCache}.lock`];
  const phases = new PhaseTimes(clock, tell);
  const ticks = clock.every(PROGRESS_MS, () => phases.repeat());
  try {
    if (attempt.useTimingCache) await borrowTimingCache(build.request.timingCache, timingCache);
    const request = { ...build.request, ...(build.request.timingCache === undefined ? {} : { timingCache }) };
    const args = trtexecArguments(request, attempt, partial, version);
    const { end, output } = await runTrtexec({
      program: build.program,
      args,
      folder: build.folder,
      version,
      env,
      clock,
      limits,
      signal,
      lockFd: options.lockFd,
      onOutput: ({ phase }) => phases.enter(phase),
    });
    const { log } = output;
    const good = end.cause === 'itself' && end.code === 0 && output.verdict === 'passed';
    if (!good) return { failure: trtexecFailure(end, output), log };
    const written = await inspectPlan(partial, output.engineMiB, version);
    if ('problem' in written) return { failure: { error: written.problem, remedy: undefined }, log };
    const path = join(build.folder, PLAN);
    await rename(partial, path);
    const notes = [
      ...outputNotes(output),
      ...(await returnTimingCache(timingCache, build.request.timingCache)),
    ];
    return { plan: { path, ...written, phasesMs: phases.durations(), notes, log } };
  } finally {
    ticks.cancel();
    await Promise.all(scratch.map((path) => rm(path, { force: true })));
  }
}

function outputNotes({ skippedTactics, loadedOnce }: TrtexecOutput): string[] {
  return [
    ...(skippedTactics === 0
      ? []
      : [
          `${skippedTactics} kernels were left out for want of memory; the engine may be slower than it could be`,
        ]),
    ...(loadedOnce ? [] : ['trtexec did not load the engine after building it']),
  ];
}

async function requireSpace({ folder, request }: PlanBuild): Promise<void> {
  const [size, { bavail, bsize }] = await Promise.all([
    sizeOf(request.model, 'The prepared model'),
    statfs(folder),
    // Without it trtexec would go on, with ranges that it makes up.
    request.calibration === undefined ? 0 : sizeOf(request.calibration, 'The calibration'),
  ]);
  const [needed, free] = [2 * size + SPARE_BYTES, bavail * bsize];
  if (free >= needed) return;
  const mebibytes = (bytes: number) => `${Math.floor(bytes / 2 ** 20)} MiB`;
  throw new DetectdError(
    'ENGINE_DISK',
    `${folder} has ${mebibytes(free)} left, and building an engine needs ${mebibytes(needed)}.`,
    DISK_HINT,
  );
}

async function sizeOf(path: string, what: string): Promise<number> {
  try {
    const file = await open(path, 'r');
    return await file
      .stat()
      .then(({ size }) => size)
      .finally(() => file.close());
  } catch (error) {
    throw new DetectdError(
      'ENGINE_CANCELLED',
      `${what} ${path} cannot be read: ${messageOf(error)}.`,
      'It was taken away while the engine was built; start again.',
      { cause: error },
    );
  }
}
