/**
 * What the updater of models does through the daemon: it fetches within the limits of the configuration, trusts the keys
 * that stand there, and changes workers. Trying out and judging are lent.
 */
import type { Clock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { UpdatesConfig } from '../config/schema.js';
import type { ModelTarget } from '../core/model-update.js';
import { discardDownload } from '../models/fetch/download.js';
import { fetchModel } from '../models/fetch/fetch-model.js';
import type { ChunkTopics, FetchOptions } from '../models/fetch/fetch-options.js';
import { Throttle } from '../models/fetch/throttle.js';
import type { ModelWish } from '../models/model-target.js';
import { mayBegin } from '../models/time-window.js';
import { verifyArchive } from '../models/trust-archive.js';
import { readTrustedKeys } from '../models/trust-keys.js';
import type { Fetched, OnProgress, UpdateActs } from '../models/update-acts.js';
import { updateTrust } from '../models/update-trust.js';

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
  /** What is to serve has changed: resolves when a worker with it serves; the one before stays loaded so long. */
  serve: (standbyMs: number) => Promise<void>;
  endStandby: (why: string) => void;
  changed: () => void;
}

export function daemonActs(options: DaemonActsOptions): UpdateActs {
  const { clock, updates, trial, serve, endStandby, changed } = options;
  const keys = () => updates().keys;
  return {
    ...updateTrust({ keys, clock, maxBytes: updates().max_model_mb * 1e6 }),
    ...trial,
    fetch: (_model, wish, signal, onProgress, makeRoom) =>
      fetched(options, wish, signal, onProgress, makeRoom),
    discard: ({ source }) => discardDownload(options.downloads, source),
    switchTo: () => serve(updates().standby_s * 1000),
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

async function fetched(
  options: DaemonActsOptions,
  wish: ModelWish,
  signal: AbortSignal,
  onProgress: OnProgress,
  makeRoom: (bytes: number) => Promise<void>,
): Promise<Fetched> {
  const { env, clock, updates, downloads, topics } = options;
  const { keys, max_model_mb, stall_s, deadline_s, max_kb_s } = updates();
  const { target } = wish;
  const wanted: FetchOptions = {
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
  };
  const first = await fetchModel(target, wanted);
  if (!first.doubtful || (await holds(first, target, keys, signal))) return first;
  return fetchModel(target, { ...wanted, fresh: true });
}

/** A file that was put together from two versions of it is not the sender's fault. */
async function holds(
  { archivePath, minisig }: Fetched,
  { sha256 }: ModelTarget,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await verifyArchive(archivePath, sha256, minisig, await readTrustedKeys(keys), { signal });
    return true;
  } catch (error) {
    const { code } = DetectdError.from(error);
    return code !== 'MODEL_DIGEST' && code !== 'MODEL_BAD_SIGNATURE';
  }
}
