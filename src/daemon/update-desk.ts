/**
 * How the daemon changes its models: opens the store, keeps the updater at what the configuration wants, says what is to
 * serve, and what is told about it. Whatever goes wrong here, what serves goes on.
 */
import { join } from 'node:path';
import type { Clock, Timer } from '../base/clock.js';
import type { ErrorCode } from '../base/error-codes.js';
import { DetectdError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { resolveFolders } from '../config/folders.js';
import type { LoadedConfig } from '../config/load.js';
import { modelSourceText } from '../config/model-source.js';
import type { Config, ModelConfig } from '../config/schema.js';
import { maskUrl } from '../config/secrets.js';
import type { UpdateView } from '../core/model-state.js';
import type { ModelUpdate, UpdateProgress } from '../core/model-update.js';
import { sweepDownloads } from '../models/fetch/download.js';
import { activePath, ModelStore, readStoredSlot } from '../models/model-store.js';
import { type ModelWish, modelWish, targetKey } from '../models/model-target.js';
import { ModelUpdater } from '../models/model-updater.js';
import type { SlotRecord } from '../models/slot-record.js';
import type { UpdateActs } from '../models/update-acts.js';
import { digestsToKeep, pending } from '../models/update-phases.js';

export interface UpdateDeskOptions {
  env: NodeJS.ProcessEnv;
  clock: Clock;
  log: Logger;
  /** What changes of models are made with, in this store. */
  acts: (downloads: string) => UpdateActs;
  /** The store can be changed from now on: other versions than were thought may be to serve. */
  onOpened: () => void;
}

/** A command that holds the store is soon done. */
const AGAIN_MS = 5000;
/** Somebody has to come and mend these. */
const LOCAL_FAULTS: ReadonlySet<string> = new Set<ErrorCode>([
  'UPDATE_NO_SPACE',
  'UPDATE_STORE',
  'FOLDER_UNWRITABLE',
]);

export class UpdateDesk {
  readonly #options: UpdateDeskOptions;
  readonly #log: Logger;
  #config: Config | undefined;
  #store: ModelStore | undefined;
  #updater: ModelUpdater | undefined;
  /** As they stood on the disk while the store could not be opened. */
  #asFound = new Map<string, SlotRecord>();
  #fault: DetectdError | undefined;
  #again: Timer | undefined;
  #closed = false;
  readonly #since: string;
  /** Phase of each model that was logged last. */
  readonly #said = new Map<string, string>();

  constructor(options: UpdateDeskOptions) {
    this.#options = options;
    this.#log = options.log.child({ component: 'updates' });
    this.#since = new Date(options.clock.wallMs()).toISOString();
  }

  /** Reads what is to serve; nothing is changed yet. Never throws: without a store, what serves serves on. */
  async start({ config }: LoadedConfig): Promise<void> {
    this.#config = config;
    await this.#open();
  }

  /** From now on models are changed, as the configuration wants. */
  async configure({ config }: LoadedConfig): Promise<void> {
    this.#config = config;
    await this.#want(wishesOf(config));
  }

  /** Absolute path of what is to serve; undefined while there is nothing. */
  bundleOf(name: string, model: ModelConfig): string | undefined {
    const { target } = modelWish(model);
    return activePath(this.#slot(name), target);
  }

  /** By model: the change that is under way, or how the last one ended. */
  views(): ReadonlyMap<string, UpdateView> {
    const views = new Map<string, UpdateView>();
    for (const [name, model] of Object.entries(this.#config?.models ?? {})) {
      const { update, progress } = this.#updater?.state(name) ?? { update: this.#slot(name).update };
      const there = this.bundleOf(name, model) !== undefined;
      const chosen = this.#chosen(name, model);
      if (update !== undefined && (chosen === undefined || pending({ update }) !== undefined))
        views.set(name, { ...view(update, progress), there });
      else if (chosen !== undefined) views.set(name, chosen);
      else if (!there) views.set(name, this.#nothingYet(model));
    }
    return views;
  }

  /** What a command has chosen, while the configuration wants something else. */
  #chosen(name: string, model: ModelConfig): UpdateView | undefined {
    const { pin, active, history } = this.#slot(name);
    const { target } = modelWish(model);
    if (pin === undefined || active === undefined || pin.configured !== targetKey(target)) return undefined;
    return {
      source: maskUrl(modelSourceText(target.source)),
      phase: 'rolled_back',
      since: history?.at(-1)?.at ?? this.#since,
      version: active.version,
      digest: active.digest,
      error: {
        code: 'MODEL_REFUSED',
        message: `A command chose ${active.version} to serve; that holds until the configuration names another version.`,
        hint: '"detectd models install NAME" has the configured one serve again.',
      },
      progress: undefined,
      there: true,
    };
  }

  /** Digests of bundles whose engines must stay while a change is under way. */
  keptDigests(): string[] {
    return Object.keys(this.#config?.models ?? {}).flatMap((name) => digestsToKeep(this.#slot(name)));
  }

  /** What keeps models from being changed, and models of which there is nothing yet that could serve. */
  complaints(): string[] {
    const complaints = this.#fault === undefined ? [] : [`models cannot be changed: ${this.#fault.message}`];
    for (const [name, { there, phase, error, progress }] of this.views()) {
      const why = error?.message ?? progress?.waiting;
      if (!there) complaints.push(`model "${name}" is not there yet${why === undefined ? '' : `: ${why}`}`);
      else if (error !== undefined && phase !== 'failed' && LOCAL_FAULTS.has(error.code))
        complaints.push(`model "${name}" cannot be changed: ${error.message}`);
    }
    return complaints;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#again?.cancel();
    await this.#updater?.close();
    await this.#store?.close();
  }

  async #open(): Promise<void> {
    const { env, clock, acts } = this.#options;
    const config = this.#config as Config;
    const { state, cache } = resolveFolders(config, { env });
    const wishes = wishesOf(config);
    const store = new ModelStore({
      stateFolder: state,
      scratchFolder: join(cache, 'bundles'),
      quotaBytes: () => (this.#config ?? config).updates.max_size_mb * 1e6,
      clock,
      log: this.#log,
    });
    try {
      await store.open();
      await store.load(new Map([...wishes].map(([name, { target }]) => [name, target])));
      await takePlaces(store, wishes);
    } catch (thrown) {
      await store.close();
      await this.#postpone(DetectdError.from(thrown), state, wishes);
      return;
    }
    this.#fault = undefined;
    this.#store = store;
    const scratchFolder = join(cache, 'bundles');
    this.#updater = new ModelUpdater({
      ...{ store, clock, log: this.#log, scratchFolder },
      acts: this.#logged(acts(store.layout.downloads)),
    });
  }

  /** Every phase is a line in the log. */
  #logged(acts: UpdateActs): UpdateActs {
    return {
      ...acts,
      changed: (model) => {
        const { update } = this.#slot(model);
        const said = update === undefined ? '' : `${update.phase} ${update.error?.message ?? ''}`;
        if (update !== undefined && this.#said.get(model) !== said) this.#sayPhase(model, update);
        this.#said.set(model, said);
        acts.changed(model);
      },
    };
  }

  #sayPhase(model: string, { phase, version, error }: ModelUpdate): void {
    const what = `model "${model}"${version === undefined ? '' : ` ${version.version}`}: ${phase.replace('_', ' ')}`;
    const { digest } = version ?? {};
    if (error === undefined) this.#log.info({ digest }, what);
    else this.#log.warn({ digest, code: error.code, hint: error.hint }, `${what}: ${error.message}`);
  }

  /** Models may be changed: to be called when a worker could be changed. */
  async begin(): Promise<void> {
    this.#updater?.start();
    if (this.#config !== undefined) await this.#want(wishesOf(this.#config));
  }

  async #want(wishes: ReadonlyMap<string, ModelWish>): Promise<void> {
    const store = this.#store;
    if (store === undefined) return;
    await this.#updater?.configure(wishes);
    const changing = store.models.flatMap((model) => store.slot(model).update?.target ?? []);
    const targets = [...changing, ...[...wishes.values()].map(({ target }) => target)];
    await sweepDownloads(
      store.layout.downloads,
      targets.map(({ source }) => source),
    ).catch((error: unknown) => this.#log.warn({ err: error }, 'old downloads cannot be removed'));
  }

  async #postpone(
    error: DetectdError,
    stateFolder: string,
    wishes: ReadonlyMap<string, ModelWish>,
  ): Promise<void> {
    if (this.#fault?.message !== error.message)
      this.#log.warn({ code: error.code, hint: error.hint }, `models cannot be changed: ${error.message}`);
    this.#fault = error;
    for (const name of wishes.keys()) {
      const found = await readStoredSlot(stateFolder, name).catch(() => undefined);
      if (found !== undefined) this.#asFound.set(name, found);
    }
    if (this.#closed) return;
    this.#again = this.#options.clock.after(AGAIN_MS, () => void this.#openLate(), { background: true });
  }

  async #openLate(): Promise<void> {
    await this.#open();
    if (this.#store === undefined) return;
    if (this.#closed) return this.close();
    this.#options.onOpened();
    await this.begin();
  }

  #slot(name: string): SlotRecord | ({ active: undefined; activeKey: undefined } & Partial<SlotRecord>) {
    if (this.#store !== undefined) return this.#store.slot(name);
    return this.#asFound.get(name) ?? { active: undefined, activeKey: undefined };
  }

  #nothingYet(model: ModelConfig): UpdateView {
    return {
      source: maskUrl(modelSourceText(modelWish(model).target.source)),
      phase: 'downloading',
      since: this.#since,
      version: undefined,
      digest: undefined,
      error: undefined,
      progress: undefined,
      there: false,
    };
  }
}

function wishesOf({ models }: Config): Map<string, ModelWish> {
  return new Map(Object.entries(models).map(([name, model]) => [name, modelWish(model)]));
}

/**
 * What is used where it lies serves from the start, whatever served there before: only what was refused does not, and
 * what is still to be tried, since for that there would be no way back.
 */
async function takePlaces(store: ModelStore, wishes: ReadonlyMap<string, ModelWish>): Promise<void> {
  for (const [name, { target }] of wishes) {
    const slot = store.slot(name);
    const key = targetKey(target);
    const other = slot.active !== undefined && slot.activeKey !== key;
    if (target.source.kind !== 'place' || !other || slot.pin !== undefined) continue;
    if (slot.refused.some((each) => each.key === key)) continue;
    const update = pending(slot);
    if (update !== undefined && targetKey(update.target) === key) continue;
    const none = { active: undefined, activeKey: undefined, previous: undefined, previousKey: undefined };
    await store.write({ ...slot, ...none, update: undefined });
  }
}

function view(
  { target, phase, since, version, error }: ModelUpdate,
  progress: UpdateProgress | undefined,
): Omit<UpdateView, 'there'> {
  return {
    source: maskUrl(modelSourceText(target.source)),
    phase,
    since,
    version: version?.version,
    digest: version?.digest,
    error,
    progress,
  };
}
