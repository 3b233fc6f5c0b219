/**
 * A recording while it grows: a hidden file beside its place, and beside it what is known of it, from its first byte on. So
 * what a power cut leaves can be told and put into its place at the next start. It appears when it is whole.
 */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncFolder, writeFileAtomic } from '../base/atomic-file.js';

/** The text beside a file; plain JSON. */
export type Sidecar = Record<string, unknown>;

export class RecordingFile {
  readonly path: string;
  readonly #hidden: string;
  #file: FileHandle | undefined;
  #bytes = 0;

  constructor(path: string) {
    this.path = path;
    this.#hidden = hiddenPath(path);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Makes it; throws what the system says, EEXIST where there is such a file. */
  async start(facts: Sidecar): Promise<void> {
    this.#file = await open(this.#hidden, 'wx', 0o640);
    await writeFileAtomic(sidecarPath(this.#hidden), text(facts), 0o640);
  }

  /** Throws what the system says; what was there before is still whole then. */
  async append(bytes: Uint8Array): Promise<void> {
    const file = this.#file;
    if (file === undefined) throw new Error('the file is not open');
    try {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, at, bytes.length - at, this.#bytes + at);
        at += bytesWritten;
      }
    } catch (error) {
      await file.truncate(this.#bytes).catch(() => {});
      throw error;
    }
    this.#bytes += bytes.length;
  }

  /** Puts it into its place, with all that is known of it. Throws what the system says; it is gone then. */
  async finish(facts: Sidecar): Promise<void> {
    try {
      await this.#file?.sync();
      await this.#close();
      // What is known comes first: a file without it would not be told from somebody else's.
      await writeFileAtomic(sidecarPath(this.path), text(facts), 0o640);
      await rename(this.#hidden, this.path);
      await rm(sidecarPath(this.#hidden), { force: true });
      await syncFolder(dirname(this.path));
    } catch (error) {
      await this.discard();
      throw error;
    }
  }

  async discard(): Promise<void> {
    await this.#close().catch(() => {});
    for (const path of [this.#hidden, sidecarPath(this.#hidden)]) {
      await rm(path, { force: true }).catch(() => {});
    }
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}

/** Where a recording grows that will be at `path`. */
export function hiddenPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.part`);
}

/** Where it says what is known of the recording at `path`. */
export function sidecarPath(path: string): string {
  return `${path}.json`;
}

function text(facts: Sidecar): string {
  return `${JSON.stringify(facts, undefined, 2)}\n`;
}
