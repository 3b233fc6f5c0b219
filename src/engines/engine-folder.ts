/**
 * The folder of engines and the one lock that all changes to it are made under. The lock of a key is its temporary
 * folder, locked: what a process that died has left is therefore at most this folder, and whoever locks it next
 * knows that nobody else is at work in it.
 */
import { chown, lstat, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from '../base/atomic-file.js';
import { readBoundedFile } from '../base/bounded-file.js';
import { DetectdError, messageOf, systemCode } from '../base/errors.js';
import { FolderLock } from '../base/folder-lock.js';
import { makeFolder } from '../base/writable-folder.js';
import { type CacheName, nextBadName, readCacheNames, temporaryName } from './cache-name.js';

const REASON = 'reason.txt';
const MAX_REASON_BYTES = 4096;
/** Each time round another process was quicker. */
const MOST_ATTEMPTS = 100;

/** A key that nobody else builds, sets aside or removes. */
export interface KeyLock {
  /** Its temporary folder. */
  folder: string;
  lock: FolderLock;
}

export class EngineFolder {
  readonly path: string;

  constructor(cacheFolder: string) {
    this.path = join(cacheFolder, 'engines');
  }

  /** Where the engine of `key` is, or would be. */
  engine(key: string): string {
    return join(this.path, key);
  }

  /** Throws ENGINE_CACHE or FOLDER_UNWRITABLE, as everything here. */
  async names(): Promise<CacheName[]> {
    return explained(this.path, () => readCacheNames(this.path));
  }

  /** Locks `key`; waits for it until the signal is aborted, if there is one. */
  async lockKey(key: string, until?: AbortSignal): Promise<KeyLock | 'busy'> {
    const folder = join(this.path, temporaryName(key));
    return explained(this.path, async () => {
      for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
        await this.#make(folder);
        const lock = await takeFolder(folder, until);
        if (lock === 'busy') return 'busy';
        if (lock === 'missing') continue;
        // Whoever had it before us is done and has removed it.
        if (await lock.isAt(folder)) return { folder, lock };
        await lock.release();
      }
      throw new Error(`${temporaryName(key)} is removed again and again`);
    });
  }

  /** Removes the temporary folder with all that is in it, and frees the key. */
  async freeKey({ folder, lock }: KeyLock): Promise<void> {
    try {
      await explained(this.path, () => rm(folder, { recursive: true, force: true }));
    } finally {
      await lock.release();
    }
  }

  /** Under the key's lock: moves what cannot be used out of the way and keeps the reason with it. */
  async setAside(key: string, reason: string): Promise<string> {
    return explained(this.path, async () => {
      const name = nextBadName(key, await this.names());
      await rename(this.engine(key), join(this.path, name));
      // A file in place of a folder has no room for it.
      await writeFile(join(this.path, name, REASON), `${reason}\n`).catch(() => {});
      await syncFolder(this.path);
      return name;
    });
  }

  /** Why `name` was set aside. Never rejects. */
  async reasonOf(name: string): Promise<string> {
    try {
      return (await readBoundedFile(join(this.path, name, REASON), MAX_REASON_BYTES)).toString('utf8').trim();
    } catch {
      return 'the reason was not kept';
    }
  }

  /** Under the key's lock: removes the engine, in one step for whoever looks. */
  async removeEngine(key: string, { folder }: KeyLock): Promise<void> {
    await explained(this.path, async () => {
      await rename(this.engine(key), join(folder, 'removed'));
      await syncFolder(this.path);
    });
  }

  /** Removes what is no engine. */
  async removeOther(name: string): Promise<void> {
    await explained(this.path, () => rm(join(this.path, name), { recursive: true, force: true }));
  }

  /** What root makes must be the daemon's to remove: it goes to the owner of the folder above. */
  async #make(folder: string): Promise<void> {
    try {
      await mkdir(folder, { mode: 0o750 });
      await giveToOwner(folder);
    } catch (error) {
      const code = systemCode(error);
      if (code === 'EEXIST') return;
      if (code !== 'ENOENT') throw error;
      await makeFolder(this.path);
      await giveToOwner(this.path);
    }
  }
}

/** Gives what this process made to the owner of the folder that it lies in, where it may. */
export async function giveToOwner(path: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(dirname(path));
  await chown(path, uid, gid);
}

/** What is there under the name of a temporary folder is ours, whatever it is. */
async function takeFolder(folder: string, until?: AbortSignal): Promise<FolderLock | 'busy' | 'missing'> {
  try {
    return await FolderLock.take(folder, 'exclusive', until);
  } catch (error) {
    if (!['ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '')) throw error;
    if (!(await lstat(folder)).isDirectory()) await rm(folder, { force: true });
    return 'missing';
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT']);
const FORBIDDEN = new Set(['EACCES', 'EPERM', 'EROFS']);

/** Runs `work` on the folder of engines; errors of the system come out with what to do about them. */
export async function explained<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DetectdError) throw error;
    const code = systemCode(error) ?? '';
    const reason = messageOf(error);
    if (FORBIDDEN.has(code))
      throw new DetectdError(
        'FOLDER_UNWRITABLE',
        `The engine cache ${path} cannot be read or written: ${reason}.`,
        'Run it as the user of the daemon or as root, or set "paths.cache" to another folder.',
        { cause: error },
      );
    throw new DetectdError(
      'ENGINE_CACHE',
      FULL.has(code)
        ? `There is no space left for the engine cache ${path}.`
        : `The engine cache ${path} cannot be used: ${reason}.`,
      FULL.has(code)
        ? 'Free some space, "detectd engines prune --all" for one, or set "paths.cache" to another disk.'
        : 'Look into the log of the system for faults of the disk, or set "paths.cache" to another folder.',
      { cause: error },
    );
  }
}
