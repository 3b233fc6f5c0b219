/** All that changes models while the daemon runs, put together: the store and its updater, trials, probation, workers. */
import { dirname, join } from 'node:path';
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { LoadedConfig } from '../config/load.js';
import { workerLimits } from '../config/worker-limits.js';
import type { WorkerPlan } from '../core/worker-plan.js';
import type { ChunkTopics } from '../models/fetch/fetch-options.js';
import type { EngineKeeper } from '../supervisor/engine-keeper.js';
import { ModelWatch } from '../supervisor/model-watch.js';
import { ShadowWatch } from '../supervisor/shadow-watch.js';
import { withMeasures } from './probation-measures.js';
import { type ShadowActOptions, shadowAct } from './shadow-act.js';
import { daemonActs } from './update-acts.js';
import { UpdateDesk } from './update-desk.js';
import { updateTrial } from './update-trial.js';

export interface ModelUpdatesOptions {
  env: NodeJS.ProcessEnv;
  /** Of processes that try. */
  childEnv: NodeJS.ProcessEnv;
  clock: Clock;
  log: Logger;
  loaded: () => LoadedConfig;
  /** The plan as it would be if this version of the model served. */
  planWith: (model: string, path: string) => WorkerPlan;
  keeper: EngineKeeper;
  /** Hears what is published on a topic and retained there, until the returned function is called. */
  listen: (topic: string, hear: (payload: Uint8Array) => void) => () => void;
  /** What is to serve has changed: resolves when a worker with it serves; the one before stays loaded so long. */
  serve: (standbyMs: number) => Promise<void>;
  endStandby: (why: string) => void;
  /** Makes a version beside the one that serves part of what is to run; undefined takes it away. */
  beside: ShadowActOptions['beside'];
  publishShadow: ShadowActOptions['publish'];
  /** That the worker which serves loses memory, in a sentence. */
  leak: () => string | undefined;
  /** Something that is published has changed. */
  changed: () => void;
}

export class ModelUpdates {
  readonly desk: UpdateDesk;
  /** To be fed with what workers do. */
  readonly watch: ModelWatch;
  readonly shadows: ShadowWatch;

  constructor(options: ModelUpdatesOptions) {
    const { env, childEnv, clock, log, loaded, serve } = options;
    const watch = new ModelWatch(clock);
    const updates = () => loaded().config.updates;
    const shadows = new ShadowWatch(clock);
    const trial = updateTrial({
      ...options,
      env: childEnv,
      watch,
      probationMs: () => updates().probation_s * 1000,
      silenceMs: () => workerLimits(loaded().config).startMs,
      onFacts: (model, facts) =>
        log.info({ component: 'updates', model, ...facts }, 'a new version was tried'),
    });
    const { planWith, beside, publishShadow: publish } = options;
    const shadow = shadowAct({ watch: shadows, settings: () => updates().shadow, planWith, beside, publish });
    const topics = chunkTopics(options.listen);
    this.watch = watch;
    this.shadows = shadows;
    this.desk = new UpdateDesk({
      env,
      clock,
      log,
      acts: (downloads) => {
        const all = { ...options, updates, downloads, topics, watch, trial: { ...trial, shadow } };
        return withMeasures(daemonActs(all), watch, join(dirname(downloads), 'measures'));
      },
      onOpened: () => void serve(0).catch(() => {}),
    });
  }
}

function chunkTopics(listen: ModelUpdatesOptions['listen']): ChunkTopics {
  const ends = new Map<string, () => void>();
  const unsubscribe = (topic: string): void => {
    ends.get(topic)?.();
    ends.delete(topic);
  };
  return {
    subscribe: async (topic, onMessage) => {
      unsubscribe(topic);
      ends.set(
        topic,
        listen(topic, (payload) => onMessage(Buffer.from(payload))),
      );
    },
    unsubscribe,
  };
}
