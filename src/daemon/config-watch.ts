/**
 * Notices that the configuration file was replaced, by whatever means: any tool that manages configuration may do it,
 * by writing, renaming or turning a link. One look at the file every few seconds sees all of these on every file system.
 */
import { stat } from 'node:fs/promises';
import type { Clock, Timer } from '../base/clock.js';

export interface ConfigWatchOptions {
  clock: Clock;
  path: string;
  /** The file is another one, and has been the same for one look. */
  onReplaced: () => void;
  /** What tells one file from another; undefined where there is none. Default: its inode, size and times. */
  look?: (path: string) => Promise<string | undefined>;
}

/** A file that is being written is not read: it must look the same twice. */
const LOOK_MS = 2000;

export class ConfigWatch {
  readonly #options: ConfigWatchOptions;
  #timer: Timer | undefined;
  /** What was there when the configuration was read last. */
  #known: string | undefined;
  #seen: string | undefined;
  #looking = false;

  constructor(options: ConfigWatchOptions) {
    this.#options = options;
  }

  /** Begins or ends; what is there now counts as read. */
  async configure(watches: boolean): Promise<void> {
    if (!watches) this.close();
    if (!watches || this.#timer !== undefined) return;
    this.#timer = this.#options.clock.every(LOOK_MS, () => void this.#look());
    this.#known = await this.#identity();
    this.#seen = this.#known;
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    // A file system that hangs is asked once.
    if (this.#looking) return;
    this.#looking = true;
    const now = await this.#identity();
    this.#looking = false;
    const settled = now !== undefined && now === this.#seen;
    this.#seen = now;
    if (!settled || now === this.#known || this.#timer === undefined) return;
    this.#known = now;
    this.#options.onReplaced();
  }

  #identity(): Promise<string | undefined> {
    const { look = fileIdentity, path } = this.#options;
    return look(path).catch(() => undefined);
  }
}

async function fileIdentity(path: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}
