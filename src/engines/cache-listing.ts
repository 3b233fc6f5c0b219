/** What is in the cache, for people and for choosing what must go. Files of engines are not read for it. */
import { join } from 'node:path';
import { messageOf, systemCode } from '../base/errors.js';
import { FolderLock } from '../base/folder-lock.js';
import { readManifest, sizeOf } from './engine-entry.js';
import { type EngineFolder, explained } from './engine-folder.js';
import type { EngineManifest } from './engine-manifest.js';
import type { Evictable } from './eviction.js';
import { readLastUse } from './last-use.js';

export interface ListedEngine extends Evictable {
  /** Also its `name`. */
  key: string;
  /** Undefined where it cannot be read, for the reason in `problem`. */
  manifest: EngineManifest | undefined;
  problem: string | undefined;
}

export interface ListedBad {
  name: string;
  key: string;
  /** Higher numbers were set aside later. */
  number: number;
  bytes: number;
  reason: string;
}

export interface CacheListing {
  folder: string;
  /** Last used first. */
  engines: ListedEngine[];
  /** Set aside, newest first. */
  bad: ListedBad[];
  /** Keys that a living process is building, or removing. */
  busy: string[];
  /** Temporary folders of processes that died. */
  leftovers: string[];
  /** Names that are not ours; they are left alone. */
  foreign: string[];
  /** Of engines and of what was set aside. */
  bytes: number;
}

export interface Listable {
  engines: EngineFolder;
  isInUse(key: string): Promise<boolean>;
}

/** Throws ENGINE_CACHE, FOLDER_UNWRITABLE or FOLDER_UNLOCKABLE. */
export async function listCache({ engines, isInUse }: Listable): Promise<CacheListing> {
  const listing: CacheListing = {
    ...{ folder: engines.path, engines: [], bad: [], busy: [], leftovers: [], foreign: [], bytes: 0 },
  };
  for (const each of await engines.names()) {
    if (each.kind === 'foreign') listing.foreign.push(each.name);
    else if (each.kind === 'temporary') {
      const busy = await explained(engines.path, () => isHeld(join(engines.path, each.name)));
      if (busy) listing.busy.push(each.key);
      else listing.leftovers.push(each.name);
    } else {
      const bytes = await sizeOrNothing(join(engines.path, each.name));
      // Removed since the names were read.
      if (bytes === undefined) continue;
      if (each.kind === 'bad')
        listing.bad.push({ ...each, bytes, reason: await engines.reasonOf(each.name) });
      else listing.engines.push(await listed(engines, each.key, bytes, isInUse));
    }
  }
  listing.engines.sort((a, b) => b.lastUse - a.lastUse || (a.name < b.name ? -1 : 1));
  listing.bad.sort((a, b) => b.number - a.number);
  listing.bytes = [...listing.engines, ...listing.bad].reduce((sum, { bytes }) => sum + bytes, 0);
  return listing;
}

async function listed(
  engines: EngineFolder,
  key: string,
  bytes: number,
  isInUse: Listable['isInUse'],
): Promise<ListedEngine> {
  const folder = engines.engine(key);
  const lastUse = await readLastUse(folder);
  try {
    const manifest = await readManifest(folder, key);
    return { name: key, key, bytes, lastUse, inUse: await isInUse(key), manifest, problem: undefined };
  } catch (error) {
    return { name: key, key, bytes, lastUse, inUse: false, manifest: undefined, problem: messageOf(error) };
  }
}

async function isHeld(folder: string): Promise<boolean> {
  try {
    const lock = await FolderLock.take(folder, 'shared');
    if (typeof lock !== 'string') await lock.release();
    return lock === 'busy';
  } catch (error) {
    if (['ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '')) return false;
    throw error;
  }
}

async function sizeOrNothing(path: string): Promise<number | undefined> {
  try {
    return await sizeOf(path);
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? undefined : 0;
  }
}
