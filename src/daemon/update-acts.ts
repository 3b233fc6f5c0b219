/**
 * What the updater of models does through the daemon: it fetches within the limits of the configuration, trusts the keys
 * that stand there, and changes workers. Trying out and judging are lent.
 */
import type { Clock } from '../base/clock.js';
import type { UpdatesConfig } from '../config/schema.js';
import { mayBegin } from '../core/time-window.js';
import { discardDownload } from '../models/fetch/download.js';
import { fetchModel } from '../models/fetch/fetch-model.js';
import type { ChunkTopics } from '../models/fetch/fetch-options.js';
import { Throttle } from '../models/fetch/throttle.js';
import type { ModelWish } from '../models/model-target.js';
import type { Fetched, OnProgress, UpdateActs } from '../models/update-acts.js';
import { updateTrust } from '../models/update-trust.js';
import type { ModelWatch } from '../supervisor/model-watch.js';

export interface DaemonActsOptions {
  env: NodeJS.ProcessEnv;
  clock: Clock;
  /** As they are now. */
  updates: () => UpdatesConfig;
  /** `<state>/models/downloads`. */
  downloads: string;
  topics: ChunkTopics;
  /** Builds and tries a version in processes of their own, and judges it on probation. */
  trial: Pick<UpdateActs, 'build' | 'tryOut' | 'shadow' | 'probation'>;
  watch: Pick<ModelWatch, 'whileComing'>;
  /** What is to serve has changed: resolves when a worker with it serves; the one before stays loaded so long. */
  serve: (standbyMs: number) => Promise<void>;
  endStandby: (why: string) => void;
  changed: () => void;
}

export function daemonActs(options: DaemonActsOptions): UpdateActs {
  const { clock, updates, trial, watch, serve, endStandby, changed } = options;
  const keys = () => updates().keys;
  return {
    ...updateTrust({ keys, clock, maxBytes: () => updates().max_model_mb * 1e6 }),
    ...trial,
    fetch: (_model, wish, signal, onProgress, makeRoom) =>
      fetched(options, wish, signal, onProgress, makeRoom),
    discard: ({ source }) => discardDownload(options.downloads, source),
    switchTo: (model, version) => {
      const switched = () => serve(updates().standby_s * 1000);
      return version === undefined
        ? switched()
        : watch.whileComing({ model, bundle: version.path }, switched);
    },
    callBack: () => serve(0),
    settled: () => endStandby('the new model has proved itself'),
    mayBegin: (wish) => waiting(options, wish)?.reason,
    changed: () => changed(),
  };
}

function waiting({ updates, clock }: DaemonActsOptions, { target, urgent }: ModelWish) {
  const { window, metered } = updates();
  return mayBegin({ window, metered, urgent, source: target.source.kind }, clock.wallMs());
}

function fetched(
  options: DaemonActsOptions,
  wish: ModelWish,
  signal: AbortSignal,
  onProgress: OnProgress,
  makeRoom: (bytes: number) => Promise<void>,
): Promise<Fetched> {
  const { env, clock, updates, downloads, topics } = options;
  const { keys, max_model_mb, stall_s, deadline_s, max_kb_s } = updates();
  return fetchModel(wish.target, {
    folder: downloads,
    limits: { maxBytes: max_model_mb * 1e6, stallMs: stall_s * 1000, deadlineMs: deadline_s * 1000 },
    clock,
    signal,
    env,
    wantSignature: keys.length > 0,
    throttle: new Throttle(clock, max_kb_s * 1000),
    mayGoOn: () => waiting(options, wish),
    makeRoom,
    onProgress,
    topics,
  });
}
