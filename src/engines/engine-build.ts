/**
 * An engine that is being built, by this process and by no other. Its files are made in a folder of their own, and
 * become an engine of the cache in one step when all of them are safely on the disk.
 */
import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../base/atomic-file.js';
import type { Clock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import { FolderLock } from '../base/folder-lock.js';
import { version } from '../base/version.js';
import { CachedEngine } from './cached-engine.js';
import { digestOf } from './engine-entry.js';
import { type EngineFolder, explained, giveToOwner, type KeyLock } from './engine-folder.js';
import type { EngineKey } from './engine-key.js';
import {
  type BuildFacts,
  type EngineFile,
  engineManifestText,
  FILE_NAME,
  MANIFEST,
  MAX_FILES,
  parseEngineManifest,
} from './engine-manifest.js';
import { LAST_USE, writeLastUse } from './last-use.js';

export interface EngineBuildOptions {
  engines: EngineFolder;
  key: EngineKey;
  held: KeyLock;
  clock: Pick<Clock, 'wallMs'>;
  /** Number of the engine's first use. */
  nextUse: () => Promise<number>;
  /** Called when the engine is in the cache; never rejects. */
  afterwards: () => Promise<unknown>;
}

export class EngineBuild {
  /** Where the builder puts the engine's files, at most 16 and no folders; on the disk of the cache. */
  readonly folder: string;
  readonly #options: EngineBuildOptions;
  #ended = false;

  private constructor(folder: string, options: EngineBuildOptions) {
    this.folder = folder;
    this.#options = options;
  }

  /** Clears away what a builder that died has left. Throws ENGINE_CACHE or FOLDER_UNWRITABLE. */
  static async begin(options: EngineBuildOptions): Promise<EngineBuild> {
    const { folder } = options.held;
    // Another name each time: a program that outlived its builder must not write into our files.
    const work = join(folder, randomBytes(6).toString('hex'));
    await explained(folder, async () => {
      for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
      await mkdir(work, { mode: 0o750 });
      await giveToOwner(work);
    });
    return new EngineBuild(work, options);
  }

  get key(): EngineKey {
    return this.#options.key;
  }

  /** For `stdio` of a child process: the key then stays locked for as long as that lives, too. */
  get lockFd(): number {
    return this.#options.held.lock.fd;
  }

  /**
   * Makes the files an engine of the cache and returns it, in use. Throws ENGINE_CACHE or FOLDER_UNWRITABLE, and
   * then nothing is left of it.
   */
  async commit(facts: BuildFacts): Promise<CachedEngine> {
    const { engines, held } = this.#options;
    let use: FolderLock | undefined;
    try {
      return await explained(engines.path, async () => {
        const manifest = parseEngineManifest(await this.#complete(facts), this.key.digest);
        // Marked before others can see it.
        const lock = await FolderLock.take(this.folder, 'shared');
        if (typeof lock === 'string') throw new Error(`the folder of the build is ${lock}`);
        use = lock;
        await rename(this.folder, engines.engine(this.key.digest));
        await syncFolder(engines.path);
        this.#ended = true;
        await engines.freeKey(held);
        await this.#options.afterwards();
        return new CachedEngine(engines.engine(this.key.digest), manifest, use);
      });
    } catch (error) {
      await use?.release();
      await this.abandon();
      throw error;
    }
  }

  /** Removes what was built; another process that waits for the engine builds it then. End what writes there before. */
  async abandon(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#options.engines.freeKey(this.#options.held);
  }

  /** Everything on the disk, the manifest last; returns its text. */
  async #complete(facts: BuildFacts): Promise<string> {
    const { clock, nextUse } = this.#options;
    const files = await this.#files();
    const text = engineManifestText(this.key.parts, {
      ...facts,
      files,
      detectd: version(),
      created: new Date(clock.wallMs()).toISOString(),
    });
    await writeLastUse(this.folder, await nextUse());
    await writeFile(join(this.folder, MANIFEST), text, { flag: 'wx' });
    const names = [MANIFEST, LAST_USE, ...files.map(({ name }) => name)];
    for (const name of names) {
      await giveToOwner(join(this.folder, name));
      await syncFile(join(this.folder, name));
    }
    await syncFolder(this.folder);
    return text;
  }

  async #files(): Promise<EngineFile[]> {
    const names = (await readdir(this.folder)).sort();
    if (names.length === 0 || names.length > MAX_FILES)
      throw new DetectdError('INTERNAL', `An engine of ${names.length} files cannot be kept.`);
    const files: EngineFile[] = [];
    for (const name of names) {
      const path = join(this.folder, name);
      const found = await lstat(path);
      if (!found.isFile() || !FILE_NAME.test(name) || name === MANIFEST || name === LAST_USE)
        throw new DetectdError('INTERNAL', `${JSON.stringify(name)} cannot be a file of an engine.`);
      files.push({ name, bytes: found.size, digest: await digestOf(path) });
    }
    return files;
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
