/** The work of each phase of a change of model, by the acts that are lent. What it resolves with is the version, once known. */

import type { Clock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { ModelVersion, UpdatePhase } from '../core/model-update.js';
import type { ModelStore } from './model-store.js';
import type { ModelWish } from './model-target.js';
import { targetKey } from './model-target.js';
import type { SlotRecord } from './slot-record.js';
import type { Fetched, OnProgress, UpdateActs } from './update-acts.js';
import { PHASES, type PhaseWork, refusedBefore } from './update-phases.js';
import { placeVersion, readKept } from './version-folder.js';
import { newerVersion } from './version-order.js';

/** What a slot is changed with. */
export interface SlotParts {
  model: string;
  store: ModelStore;
  acts: UpdateActs;
  clock: Clock;
  /** For archives that are used in their place. */
  scratchFolder: string;
}

interface Job {
  record: SlotRecord;
  wish: ModelWish;
  signal: AbortSignal;
  tell: OnProgress;
}

type Work = (job: Job) => Promise<ModelVersion | undefined>;

export class PhaseWorks {
  readonly #options: SlotParts;
  readonly #works: Record<PhaseWork, Work>;
  #fetched: Fetched | undefined;

  constructor(options: SlotParts) {
    this.#options = options;
    this.#works = {
      fetch: (job) => this.#fetch(job),
      unpack: (job) => this.#unpack(job),
      look: (job) => this.#look(job),
      build: (job) => this.#build(job),
      try: (job) => this.#try(job),
      prove: (job) => this.#prove(job),
    };
  }

  /** Rejects with the verdict of the phase. */
  run(
    phase: UpdatePhase,
    record: SlotRecord,
    wish: ModelWish,
    signal: AbortSignal,
    tell: OnProgress,
  ): Promise<ModelVersion | undefined> {
    const { work } = PHASES[phase];
    if (work === undefined) throw new Error(`${phase} has no work`);
    // Whatever was aborted before it began may never hear of it.
    if (signal.aborted) return Promise.reject(signal.reason);
    return this.#works[work]({ record, wish, signal, tell });
  }

  /** The highest version that was ever confirmed: what is older is not taken any more. */
  withHighest(record: SlotRecord): SlotRecord {
    const { highest, update, active } = record;
    if (update?.phase !== 'confirmed') return record;
    return { ...record, highest: newerVersion(highest, active?.version) };
  }

  async #fetch({ wish, signal, tell }: Job): Promise<undefined> {
    const { acts, model, store } = this.#options;
    this.#fetched = await acts.fetch(model, wish, signal, tell, (bytes, have) => store.makeRoom(bytes, have));
    return undefined;
  }

  async #unpack(job: Job): Promise<ModelVersion> {
    const { record, wish, signal } = job;
    const { acts, model, store, clock } = this.#options;
    const fetched = this.#fetched;
    if (fetched === undefined) throw new Error('nothing was fetched');
    const vouched = await acts.verify(fetched, wish, record, signal).catch(async (error: unknown) => {
      if (!fetched.doubtful || signal.aborted) throw error;
      // The way may be at fault, not the archive: it is fetched from its first byte, in one piece.
      await acts.discard(wish.target);
      this.#fetched = undefined;
      await this.#fetch(job);
      return acts.verify(this.#fetched as unknown as Fetched, wish, record, signal);
    });
    const adopted = new Date(clock.wallMs()).toISOString();
    const { archivePath, sha256 } = this.#fetched as unknown as Fetched;
    const kept = await store.adopt({
      ...{ archivePath, sha256, model, vouched, adopted },
      key: targetKey(wish.target),
    });
    this.#fetched = undefined;
    return kept.version;
  }

  async #look({ record, wish }: Job): Promise<ModelVersion> {
    const { acts, store, scratchFolder } = this.#options;
    const { source } = wish.target;
    const there = record.update?.version;
    const version = source.kind === 'place' ? await placeVersion(source.path, scratchFolder) : there;
    if (version === undefined) throw new Error('no version is staged');
    const before = refusedBefore(record, version, wish);
    if (before !== undefined) throw DetectdError.fromData(before);
    if (version.archive === undefined) return version;
    const { vouched } = await readKept(store.layout.versions, version.archive);
    await acts.judge(version, vouched, wish, record);
    return version;
  }

  async #build({ record, signal, tell }: Job): Promise<undefined> {
    const { acts, model } = this.#options;
    await acts.build(model, versionOf(record), signal, tell);
    return undefined;
  }

  async #try({ record, signal, tell }: Job): Promise<undefined> {
    const { acts, model } = this.#options;
    const version = versionOf(record);
    await acts.tryOut(model, version, record.active, signal, tell);
    signal.throwIfAborted();
    if (record.active !== undefined) await acts.shadow?.(model, version, signal, tell);
    return undefined;
  }

  async #prove({ record, signal, tell }: Job): Promise<undefined> {
    const { acts, model } = this.#options;
    const version = versionOf(record);
    await acts.switchTo(model, version, signal);
    signal.throwIfAborted();
    const verdict = await acts.probation(model, version, signal, tell);
    if (!verdict.good) throw DetectdError.fromData(verdict.error);
    return undefined;
  }
}

function versionOf({ update }: SlotRecord): ModelVersion {
  if (update?.version === undefined) throw new Error('the version is not known yet');
  return update.version;
}
