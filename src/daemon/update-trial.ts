/** How the daemon has new versions of models built for, tried and judged: with the plan and the machine as they are now. */
import type { Clock } from '../base/clock.js';
import type { ModelVersion } from '../core/model-update.js';
import type { WorkerModelPlan, WorkerPlan } from '../core/worker-plan.js';
import type { OnProgress, UpdateActs } from '../models/update-acts.js';
import type { EngineKeeper } from '../supervisor/engine-keeper.js';
import type { ModelWatch } from '../supervisor/model-watch.js';
import { buildCandidate, type Candidate, type TryoutOptions, tryOutModel } from './model-tryout.js';

export interface UpdateTrialOptions {
  /** Of processes that try. */
  env: NodeJS.ProcessEnv;
  clock: Clock;
  /** The plan as it would be if this version of the model served. */
  planWith: (model: string, path: string) => WorkerPlan;
  keeper: Pick<EngineKeeper, 'buildFor' | 'state'>;
  watch: Pick<ModelWatch, 'probation'>;
  probationMs: () => number;
  silenceMs: () => number;
  /** That the worker which serves loses memory, in a sentence. */
  leak: () => string | undefined;
  /** What is worth a line in the log. */
  onFacts: (model: string, facts: object) => void;
}

export function updateTrial(options: UpdateTrialOptions): Pick<UpdateActs, 'build' | 'tryOut' | 'probation'> {
  const { planWith, keeper, watch, probationMs, leak, onFacts } = options;
  const child = (): TryoutOptions => {
    return { env: options.env, clock: options.clock, silenceMs: options.silenceMs() };
  };
  return {
    build: async (model, version, signal, onProgress) => {
      const candidate = candidateOf(planWith, model, version);
      if (candidate === undefined) return;
      const notes = await buildCandidate(candidate, keeper, child(), signal, onProgress);
      if (notes.length > 0) onFacts(model, { notes });
    },
    tryOut: async (model, version, active, signal, onProgress) => {
      const candidate = candidateOf(planWith, model, version);
      if (candidate === undefined) return;
      const now = active === undefined ? undefined : candidateOf(planWith, model, active);
      onFacts(model, await tryOutModel(candidate, now?.model, child(), signal, onProgress));
    },
    probation: (model, version, signal, onProgress) =>
      watch.probation(
        {
          model,
          digest: version.digest,
          bundle: version.path,
          ms: probationMs(),
          leak,
          isUsed: () => isUsed(planWith(model, version.path), model),
          onProgress: probationProgress(probationMs(), onProgress),
        },
        signal,
      ),
  };
}

function candidateOf(
  planWith: UpdateTrialOptions['planWith'],
  name: string,
  version: ModelVersion,
): Candidate | undefined {
  const plan = planWith(name, version.path);
  const model: WorkerModelPlan | undefined = plan.models.find((each) => each.name === name);
  return model === undefined ? undefined : { model, plan };
}

export function isUsed({ cameras }: Pick<WorkerPlan, 'cameras'>, model: string): boolean {
  return cameras.some((camera) => camera.model === model);
}

function probationProgress(totalMs: number, onProgress: OnProgress) {
  return ({ watchedMs, waiting }: { watchedMs: number; waiting: string | undefined }): void => {
    const done = Math.min(watchedMs, totalMs);
    onProgress({ done, total: totalMs, leftMs: totalMs - done, waiting });
  };
}
