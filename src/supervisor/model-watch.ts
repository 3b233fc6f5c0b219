/**
 * Follows what every model does on every camera, so that one that is new can be held against the one before it, and
 * judges those that are on probation. Fed with each frame; what it keeps is bounded by the number of cameras.
 */
import type { Clock } from '../base/clock.js';
import type { DetectdError } from '../base/errors.js';
import type { FrameResult } from '../core/frame-result.js';
import type { ProbationFacts, Verdict } from '../core/model-trial.js';
import type { CameraCounters, WorkerUsage } from '../ipc/protocol.js';
import { FrameWindow, type WindowFacts } from './frame-window.js';
import { MemoryClimb } from './memory-climb.js';
import { judgeProbation } from './probation-judge.js';
import type { WorkerFailure } from './supervision.js';

export interface ProbationOptions {
  /** Name in the configuration, and digest of the version on probation. */
  model: string;
  digest: string;
  /** As the worker's plan has it, by which failures of workers are laid to it. */
  bundle: string;
  /** How long it has to serve well. */
  ms: number;
  /** That the worker loses memory, in a sentence, as those say who look at the machine; asked every second. */
  leak: () => string | undefined;
  /** Whether a camera uses it: where none does, nothing can speak against it. Default: one does. */
  isUsed?: () => boolean;
  onProgress?: (facts: ProbationFacts) => void;
}

/** A version of a model, as plans have it. */
export type Suspect = Pick<ProbationOptions, 'model' | 'bundle'>;

interface Row {
  model: string;
  digest: string;
  window: FrameWindow;
  /** Of the version that came before this one on this camera. */
  before: WindowFacts | undefined;
}

interface Trial {
  options: ProbationOptions;
  sinceUs: number;
  cameras: Map<string, { window: FrameWindow; before: WindowFacts | undefined }>;
  failure: DetectdError | undefined;
  /** By camera, of the worker that serves. */
  failed: Map<string, number>;
  climb: MemoryClimb;
}

const LOOK_MS = 1000;

export class ModelWatch {
  readonly #clock: Clock;
  readonly #rows = new Map<string, Row>();
  readonly #trials = new Map<string, Trial>();
  readonly #coming = new Set<Suspect>();
  /** By model and camera: measures from before this process. */
  readonly #remembered = new Map<string, Readonly<Record<string, WindowFacts>>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A frame was analysed. */
  frame({ camera, model, detections, timings, capturedAtUs }: FrameResult): void {
    const row = this.#row(camera, model.name, model.digest);
    row.window.add(capturedAtUs, detections.length, timings.infer);
    const trial = this.#trials.get(model.name);
    if (trial === undefined || trial.options.digest !== model.digest) return;
    let seen = trial.cameras.get(camera);
    if (seen === undefined) {
      seen = { window: new FrameWindow(), before: row.before ?? this.#remembered.get(model.name)?.[camera] };
      trial.cameras.set(camera, seen);
    }
    seen.window.add(capturedAtUs, detections.length, timings.infer);
  }

  /** The worker that serves has told of itself. */
  beat(counters: readonly CameraCounters[], { rssBytes }: Pick<WorkerUsage, 'rssBytes'>): void {
    for (const trial of this.#trials.values()) {
      trial.climb.add(rssBytes);
      for (const { camera, failed } of counters)
        if (this.#rows.get(camera)?.model === trial.options.model) trial.failed.set(camera, failed);
    }
  }

  /**
   * A worker failed; with what GStreamer does to a camera no model has to do. Of several models on probation the newest
   * is to blame, and one that was still about to serve before all of them.
   */
  workerFailed(error: DetectdError, failure: WorkerFailure | undefined): void {
    if (failure === undefined || failure.camera !== undefined) return;
    const ran = ({ model, bundle }: Suspect): boolean =>
      failure.plan.models.some((each) => each.name === model && each.bundle === bundle);
    if ([...this.#coming].some(ran)) return;
    const trial = this.#trialsByAge().findLast(({ options }) => ran(options));
    if (trial !== undefined) trial.failure ??= error;
  }

  /** By camera, what versions of the model other than this one do: what it can be held against. */
  measure(model: string, digest: string): Record<string, WindowFacts> {
    const rows = [...this.#rows].filter(([, row]) => row.model === model && row.digest !== digest);
    return Object.fromEntries(rows.map(([camera, { window }]) => [camera, window.facts()]));
  }

  /** What the version on probation is held against on cameras where none has been seen before it. */
  remember(model: string, cameras: Readonly<Record<string, WindowFacts>>): void {
    this.#remembered.set(model, cameras);
  }

  /** While a worker with this version is about to take over, which `serve` waits for, its failures are its own. */
  async whileComing(version: Suspect, serve: () => Promise<void>): Promise<void> {
    this.#coming.add(version);
    try {
      await serve();
    } finally {
      this.#coming.delete(version);
    }
  }

  /** Another worker serves by the same plan. */
  workerServes(): void {
    for (const trial of this.#trials.values()) {
      trial.climb = new MemoryClimb(trial.options.ms, this.#clock);
      trial.failed.clear();
    }
  }

  /** Only these cameras are there. */
  keep(cameras: Iterable<string>): void {
    const names = new Set(cameras);
    for (const name of this.#rows.keys()) if (!names.has(name)) this.#rows.delete(name);
    for (const trial of this.#trials.values())
      for (const name of trial.cameras.keys()) if (!names.has(name)) trial.cameras.delete(name);
  }

  /** Judges a version that serves from now on; rejects only with the reason of the signal. One per model at a time. */
  probation(options: ProbationOptions, signal: AbortSignal): Promise<Verdict> {
    const { model, ms } = options;
    const trial: Trial = {
      options,
      sinceUs: this.#clock.monotonicUs(),
      cameras: new Map(),
      failure: undefined,
      failed: new Map(),
      climb: new MemoryClimb(ms, this.#clock),
    };
    this.#trials.set(model, trial);
    return new Promise((resolve, reject) => {
      const end = (act: () => void): void => {
        timer.cancel();
        signal.removeEventListener('abort', onAbort);
        if (this.#trials.get(model) === trial) this.#trials.delete(model);
        act();
      };
      const onAbort = (): void => end(() => reject(signal.reason));
      const timer = this.#clock.every(LOOK_MS, () => {
        const { facts, verdict } = this.#judge(trial);
        options.onProgress?.(facts);
        if (verdict !== undefined) end(() => resolve(verdict));
        else if (options.isUsed?.() === false) end(() => resolve({ good: true, facts }));
      });
      signal.addEventListener('abort', onAbort);
      if (signal.aborted) onAbort();
    });
  }

  #judge(trial: Trial): ReturnType<typeof judgeProbation> {
    const { model, ms, leak } = trial.options;
    return judgeProbation({
      model,
      watchedMs: (this.#clock.monotonicUs() - trial.sinceUs) / 1000,
      probationMs: ms,
      cameras: [...trial.cameras].map(([camera, { window, before }]) => ({
        camera,
        seen: window.facts(),
        before,
      })),
      failure: trial.failure,
      failedFrames: [...trial.failed.values()].reduce((sum, failed) => sum + failed, 0),
      // They share a worker: what it loses is laid to the newest of them.
      leak: this.#trialsByAge().at(-1) === trial ? (leak() ?? trial.climb.leak()) : undefined,
    });
  }

  /** The newest last. */
  #trialsByAge(): Trial[] {
    return [...this.#trials.values()].sort((a, b) => a.sinceUs - b.sinceUs);
  }

  #row(camera: string, model: string, digest: string): Row {
    const known = this.#rows.get(camera);
    if (known?.model === model && known.digest === digest) return known;
    // Another model on a camera expects other things: only of the same one is the version before a measure.
    const before = known?.model === model ? known.window.facts() : undefined;
    const row: Row = { model, digest, window: new FrameWindow(), before };
    this.#rows.set(camera, row);
    return row;
  }
}
