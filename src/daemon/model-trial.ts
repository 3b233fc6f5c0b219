/** A model that does not load must not end one that works: new ones are tried in a process of their own first. */
import type { Clock } from '../base/clock.js';
import type { WorkerPlan } from '../core/worker-plan.js';
import { probe } from '../supervisor/probe.js';
import { modelsToLoad } from '../supervisor/reconcile.js';

export interface ModelTrialOptions {
  /** Of the process that tries; default: ours. */
  module?: URL;
  env: NodeJS.ProcessEnv;
  clock: Clock;
  timeoutMs: number;
}

const PROBE = new URL('../worker/probe-main.js', import.meta.url);

/** Loads every model of `plan` that a worker running by `actual` has not loaded. Throws the first one's error. */
export async function tryModels(
  plan: WorkerPlan,
  actual: WorkerPlan,
  { module = PROBE, ...options }: ModelTrialOptions,
): Promise<void> {
  for (const model of modelsToLoad(plan, actual))
    await probe({ type: 'model', plan: model, scratchFolder: plan.cacheFolder }, { ...options, module });
}
