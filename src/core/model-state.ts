/** What a model is at, as it is published: what it runs by, and what is being made or tried for it. */
import type { ErrorData } from '../base/errors.js';
import type { BuildPhase, BuildProgress } from './engine.js';
import type { UpdatePhase, UpdateProgress } from './model-update.js';
import type { StepDown } from './provider-verdict.js';
import type { Precision } from './worker-plan.js';

/**
 * `loading` without a build: the worker loads it. `waiting`: for its turn to have an engine built, or for another
 * process that builds it. `failed`: an engine could not be built, or the worker cannot load the model. `missing`: there is
 * nothing yet that could serve. `unused`: no enabled camera names it. While a new version is on its way its phase is told, `probation` for one that serves already.
 */
export type ModelPhase =
  | 'serving'
  | 'probing'
  | 'failed'
  | 'missing'
  | 'unused'
  | BuildPhase
  | 'downloading'
  | 'verified'
  | 'staged'
  | 'trial'
  | 'probation';

/** How a model changes, for people and programs elsewhere: nothing secret is in it. */
export interface UpdateView {
  /** Where it comes from, with passwords masked. */
  source: string;
  phase: UpdatePhase;
  /** RFC 3339, of this phase. */
  since: string;
  /** Undefined before it is known. */
  version: string | undefined;
  digest: string | undefined;
  /** Why it has ended, or why it is tried again. */
  error: ErrorData | undefined;
  /** Undefined of what is over. */
  progress: UpdateProgress | undefined;
  /** Some version could serve. */
  there: boolean;
}

export interface ModelState {
  model: string;
  phase: ModelPhase;
  /** The engine that is being built. */
  building:
    | { provider: string; precision: Precision; elapsedMs: number; expectedMs: number | undefined }
    | undefined;
  /** What serves; undefined before a worker has loaded it. */
  active:
    | {
        digest: string;
        version: string;
        provider: string;
        precision: Precision;
        /** Key of its engine; undefined for a graph that was prepared when it was loaded. */
        engine: string | undefined;
      }
    | undefined;
  /** Digest of the bundle that served before this one. */
  previousDigest: string | undefined;
  /** The change that is under way, or how the last one ended. */
  update: UpdateView | undefined;
  error: ErrorData | undefined;
  stepsDown: readonly StepDown[];
}

/** Hundredths of what is expected; 99 at most, since it is not over before it is over. Undefined where nothing is. */
export function percentDone({
  elapsedMs,
  expectedMs,
}: Pick<BuildProgress, 'elapsedMs' | 'expectedMs'>): number | undefined {
  if (expectedMs === undefined || !(expectedMs > 0)) return undefined;
  return Math.max(0, Math.min(99, Math.floor((100 * elapsedMs) / expectedMs)));
}
