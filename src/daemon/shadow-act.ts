/**
 * Runs a new version beside the one that serves, where the configuration asks for it, before it may take over. Whatever
 * comes of it, it does not stay there.
 */
import type { UpdatesConfig } from '../config/schema.js';
import type { ShadowFacts } from '../core/model-trial.js';
import type { ShadowPlan, WorkerPlan } from '../core/worker-plan.js';
import type { UpdateActs } from '../models/update-acts.js';
import type { ShadowWatch } from '../supervisor/shadow-watch.js';
import { isUsed } from './update-trial.js';

export interface ShadowActOptions {
  watch: Pick<ShadowWatch, 'watch'>;
  /** As they are now; undefined where no model runs beside another. */
  settings: () => UpdatesConfig['shadow'];
  /** The plan as it would be if this version of the model served. */
  planWith: (model: string, path: string) => WorkerPlan;
  /** Makes it part of what is to run, undefined takes it away; resolves when a worker by that plan serves. */
  beside: (shadow: ShadowPlan | undefined) => Promise<void>;
  publish: (facts: ShadowFacts) => void;
}

export function shadowAct(options: ShadowActOptions): NonNullable<UpdateActs['shadow']> {
  const { watch, settings, planWith, beside, publish } = options;
  return async (name, version, signal, onProgress) => {
    const shadow = settings();
    const plan = planWith(name, version.path);
    const model = plan.models.find((each) => each.name === name);
    if (shadow === undefined || model === undefined || !isUsed(plan, name)) return;
    const { share, seconds, min_agreement: minAgreement } = shadow;
    const stop = new AbortController();
    // It listens before the worker loads: what keeps a version from running is said then.
    const watched = watch.watch(
      {
        ...{ model: name, digest: version.digest, bundle: model.bundle, seconds, minAgreement },
        onFacts: (facts) => {
          publish(facts);
          const [done, total] = [facts.seconds * 1000, seconds * 1000];
          onProgress({ done, total, leftMs: Math.max(0, total - done), waiting: undefined });
        },
      },
      AbortSignal.any([signal, stop.signal]),
    );
    try {
      await Promise.all([watched, beside({ model, share })]);
    } finally {
      stop.abort();
      await beside(undefined);
    }
  };
}
