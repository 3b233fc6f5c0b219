/**
 * The store of models: a slot for each model of the configuration, and the versions that were fetched. One process at a
 * time changes it. What a start finds is mended before anything is run from it: torn records, half a version, a version
 * whose files have changed.
 */
import { readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import { DetectdError, messageOf, systemCode } from '../base/errors.js';
import { FolderLock } from '../base/folder-lock.js';
import type { Logger } from '../base/logger.js';
import { makeFolder } from '../base/writable-folder.js';
import type { ModelTarget, ModelVersion } from '../core/model-update.js';
import { targetKey } from './model-target.js';
import { makeRoom } from './quota.js';
import { readSlot, setAside, writeSlot } from './slot-file.js';
import { emptySlot, type SlotRecord } from './slot-record.js';
import { explained, type StoreLayout, slotPath, storeLayout } from './store-layout.js';
import { pending } from './update-phases.js';
import {
  type Adoption,
  adoptVersion,
  confirmKept,
  type KeptVersion,
  readKept,
  removeVersion,
  requireWhole,
} from './version-folder.js';

export interface ModelStoreOptions {
  stateFolder: string;
  /** For archives that are used in their place. */
  scratchFolder: string;
  /** Of all versions together. */
  quotaBytes: () => number;
  clock: Clock;
  log: Logger;
}

const ARCHIVE = /^[0-9a-f]{64}$/;
const LEFTOVER = /^\.[0-9a-f]{64}\.tmp$/;

export class ModelStore {
  readonly layout: StoreLayout;
  readonly #options: ModelStoreOptions;
  readonly #slots = new Map<string, SlotRecord>();
  #lock: FolderLock | undefined;

  constructor(options: ModelStoreOptions) {
    this.#options = options;
    this.layout = storeLayout(options.stateFolder);
  }

  /**
   * Takes the lock and removes what a process that died has left. Throws UPDATE_BUSY while another process has it,
   * FOLDER_UNWRITABLE, FOLDER_UNLOCKABLE, UPDATE_NO_SPACE, UPDATE_STORE.
   */
  async open(): Promise<void> {
    const { layout } = this;
    await explained(layout.folder, async () => {
      for (const folder of [layout.versions, layout.downloads, layout.slots, layout.requests, layout.lock])
        await makeFolder(folder);
      const lock = await FolderLock.take(layout.lock, 'exclusive');
      if (lock === 'busy' || lock === 'missing')
        throw new DetectdError(
          'UPDATE_BUSY',
          'Another process changes the models of this device.',
          'Wait until it is done; a daemon that runs takes requests of commands.',
        );
      this.#lock = lock;
      for (const name of await readdir(layout.versions))
        if (LEFTOVER.test(name)) await rm(join(layout.versions, name), { recursive: true, force: true });
    });
  }

  async close(): Promise<void> {
    await this.#lock?.release();
    this.#lock = undefined;
  }

  /**
   * Reads the slots of these models and makes sure that what they name can be run; says in the log what it had to mend.
   * What a model whose records are both lost served is found by its versions.
   */
  async load(wanted: ReadonlyMap<string, ModelTarget>): Promise<void> {
    for (const [model, target] of wanted) {
      if (this.#slots.has(model)) continue;
      const record = await explained(this.layout.folder, () => this.#loadOne(model, target));
      this.#slots.set(model, record);
    }
  }

  slot(model: string): SlotRecord {
    return this.#slots.get(model) ?? emptySlot(model);
  }

  get models(): string[] {
    return [...this.#slots.keys()];
  }

  /**
   * What a worker opens for this model; undefined while there is none. Reads nothing. What is configured in its place and
   * never changed is used as it is, whether it can be or not: the worker says so.
   */
  activePath(model: string, target: ModelTarget): string | undefined {
    return activePath(this.slot(model), target);
  }

  /** Writes the slot; when it resolves, no power cut can undo it. Throws UPDATE_STORE and the like: then nothing changed. */
  async write(record: SlotRecord): Promise<void> {
    const path = slotPath(this.layout, record.model);
    await explained(this.layout.folder, () => writeSlot(path, record, this.layout.versions));
    this.#slots.set(record.model, record);
  }

  /** Until the disk takes it: what the process goes by, so that it serves what it says. */
  remember(record: SlotRecord): void {
    this.#slots.set(record.model, record);
  }

  /** Unpacks an archive that was verified. One that is there already, whole, is left as it is. */
  async adopt(adoption: Adoption): Promise<KeptVersion> {
    const { versions, folder } = this.layout;
    const there = await this.find(adoption.sha256);
    if (there !== undefined) return there;
    // Damaged, or what another kind of file has made of the name.
    await rm(join(versions, adoption.sha256), { recursive: true, force: true });
    return explained(folder, () => adoptVersion(versions, adoption));
  }

  /** A version by its archive, if it is there and whole. */
  async find(sha256: string): Promise<KeptVersion | undefined> {
    try {
      const kept = await readKept(this.layout.versions, sha256);
      await requireWhole(kept.version, this.#options.scratchFolder);
      return kept;
    } catch {
      return undefined;
    }
  }

  async confirm({ archive }: ModelVersion, at: string): Promise<void> {
    if (archive === undefined) return;
    await explained(this.layout.folder, () => confirmKept(this.layout.versions, archive, at));
  }

  /** Every version in the store, by what it says of itself. */
  async versions(): Promise<KeptVersion[]> {
    return versionsIn(this.layout.versions);
  }

  /** Removes old versions until an archive of this size fits. Throws UPDATE_NO_SPACE. */
  async makeRoom(archiveBytes: number, haveBytes = 0): Promise<void> {
    await explained(this.layout.folder, async () => {
      const { bavail, bsize } = await statfs(this.layout.folder);
      const kept = this.#kept();
      const stored = (await this.versions()).map(({ version: { archive, bytes }, adopted }) => {
        return { archive: archive as string, bytes, adopted, kept: kept.has(archive as string) };
      });
      const quotaBytes = this.#options.quotaBytes();
      const room = { archiveBytes, haveBytes, quotaBytes, freeBytes: bavail * bsize, stored };
      for (const archive of makeRoom(room)) await this.#remove(archive);
    });
  }

  /** Removes this version unless a slot still names it. */
  async release({ archive }: ModelVersion): Promise<void> {
    if (archive === undefined || this.#kept().has(archive)) return;
    await this.#remove(archive).catch((error: unknown) => {
      this.#options.log.warn({ archive, reason: messageOf(error) }, 'an old version cannot be removed');
    });
  }

  async #remove(archive: string): Promise<void> {
    try {
      await removeVersion(this.layout.versions, archive);
      this.#options.log.info({ archive }, 'an old version of a model was removed');
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }

  /** Archives that slots name. */
  #kept(): Set<string> {
    const named = [...this.#slots.values()].flatMap((record) => {
      return [record.active, record.previous, pending(record)?.version];
    });
    return new Set(named.flatMap((version) => version?.archive ?? []));
  }

  async #loadOne(model: string, target: ModelTarget): Promise<SlotRecord> {
    const { layout } = this;
    const { log } = this.#options;
    const { record: found, bad } = await readSlot(slotPath(layout, model), model, layout.versions);
    for (const { path, reason } of bad)
      log.error({ model, path, reason }, 'a record of the model store is damaged and set aside');
    await setAside(bad);
    const lost = found === undefined && bad.length > 0;
    const record = found ?? (lost ? await this.#refound(model, target) : emptySlot(model));
    const mended = await this.#mended(record);
    if (mended === record && !lost && bad.length === 0) return record;
    await writeSlot(slotPath(layout, model), mended, layout.versions);
    return mended;
  }

  /** Both records are lost: the newest version that has proved itself serves. */
  async #refound(model: string, target: ModelTarget): Promise<SlotRecord> {
    const key = targetKey(target);
    const proved = (await this.versions())
      .filter((kept) => kept.model === model && kept.confirmed !== undefined)
      .sort((a, b) => rank(b, key) - rank(a, key) || (a.adopted < b.adopted ? 1 : -1));
    for (const kept of proved) {
      const whole = kept.version.archive && (await this.find(kept.version.archive));
      if (!whole) continue;
      const { version } = kept;
      return { ...emptySlot(model), active: version, activeKey: kept.key, highest: version.version };
    }
    return emptySlot(model);
  }

  /** What is damaged is not named any more: the version before serves, or it is fetched anew. */
  async #mended(record: SlotRecord): Promise<SlotRecord> {
    const { log } = this.#options;
    let { active, activeKey, previous, previousKey, update } = record;
    const damaged = async (version: ModelVersion | undefined): Promise<boolean> => {
      if (version === undefined) return false;
      // What lies in its place may be changed by who looks after it.
      if (version.archive === undefined) return false;
      try {
        await requireWhole(version, this.#options.scratchFolder);
        return false;
      } catch (error) {
        log.error({ model: record.model, reason: messageOf(error) }, 'a version of a model is damaged');
        return true;
      }
    };
    if (await damaged(previous)) [previous, previousKey] = [undefined, undefined];
    if (await damaged(active)) {
      [active, activeKey, previous, previousKey] = [previous, previousKey, undefined, undefined];
      if (update?.phase === 'active') update = undefined;
    }
    const candidate = pending(record)?.phase === 'active' ? undefined : pending(record)?.version;
    if (await damaged(candidate)) update = undefined;
    const same = active === record.active && previous === record.previous && update === record.update;
    return same ? record : { ...record, active, activeKey, previous, previousKey, update };
  }
}

/** As ModelStore.activePath(), of any record. Pure. */
export function activePath(
  { active, activeKey }: Pick<SlotRecord, 'active' | 'activeKey'>,
  target: ModelTarget,
): string | undefined {
  if (active !== undefined && activeKey !== targetKey(target)) return active.path;
  if (target.source.kind === 'place') return target.source.path;
  return active?.path;
}

/** The slot of a model as it stands on disk; needs no lock and changes nothing. Throws where it may not be read. */
export async function readStoredSlot(stateFolder: string, model: string): Promise<SlotRecord> {
  const layout = storeLayout(stateFolder);
  return explained(layout.folder, async () => {
    const { record } = await readSlot(slotPath(layout, model), model, layout.versions);
    return record ?? emptySlot(model);
  });
}

/** Every version in the store as it stands on disk; needs no lock and changes nothing. */
export async function readStoredVersions(stateFolder: string): Promise<KeptVersion[]> {
  const { folder, versions } = storeLayout(stateFolder);
  return explained(folder, () => versionsIn(versions));
}

async function versionsIn(folder: string): Promise<KeptVersion[]> {
  const found: KeptVersion[] = [];
  for (const name of await namesIn(folder))
    if (ARCHIVE.test(name))
      await readKept(folder, name).then(
        (kept) => found.push(kept),
        () => {},
      );
  return found;
}

function rank({ key }: KeptVersion, wanted: string): number {
  return key === wanted ? 1 : 0;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
