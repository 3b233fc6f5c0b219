/**
 * An engine from the cache whose files were read and found to be right. It is marked as in use, by a lock that this
 * process shares, until it is closed or the process ends.
 */
import { join } from 'node:path';
import type { FolderLock } from '../base/folder-lock.js';
import type { EngineManifest } from './engine-manifest.js';

export class CachedEngine {
  readonly key: string;
  readonly folder: string;
  readonly manifest: EngineManifest;
  readonly #use: FolderLock;

  constructor(folder: string, manifest: EngineManifest, use: FolderLock) {
    this.key = manifest.key;
    this.folder = folder;
    this.manifest = manifest;
    this.#use = use;
  }

  /** Absolute path of one of its files; undefined when it has none of that name. */
  file(name: string): string | undefined {
    return this.manifest.files.some((file) => file.name === name) ? join(this.folder, name) : undefined;
  }

  /** From now on it may be evicted. */
  async close(): Promise<void> {
    await this.#use.release();
  }
}
