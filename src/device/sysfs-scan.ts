/**
 * What folders of /sys hold is looked for once in a while and not with every sample: a driver may come late after boot,
 * but names do not change by the second. And numbers as /sys writes them.
 */
import type { Clock } from '../base/clock.js';
import type { SystemFiles } from './system-files.js';

/** Until the next look when there was something, and when there was nothing. */
const AGAIN_MS = 300_000;
const AGAIN_EMPTY_MS = 30_000;

export class SysfsScan<T> {
  readonly #look: () => Promise<T[]>;
  readonly #clock: Clock;
  #found: T[] = [];
  #notBeforeUs = Number.NEGATIVE_INFINITY;

  constructor(look: () => Promise<T[]>, clock: Clock) {
    this.#look = look;
    this.#clock = clock;
  }

  /** Empty where there is nothing to be read. Never rejects. */
  async found(): Promise<readonly T[]> {
    if (this.#clock.monotonicUs() < this.#notBeforeUs) return this.#found;
    this.#found = await this.#look().catch(() => []);
    const againMs = this.#found.length === 0 ? AGAIN_EMPTY_MS : AGAIN_MS;
    this.#notBeforeUs = this.#clock.monotonicUs() + againMs * 1000;
    return this.#found;
  }
}

/** Folders below `folder` whose name begins with `prefix` and a digit, in the order of their numbers; `most` of them. */
export async function numberedFolders(
  files: SystemFiles,
  folder: string,
  prefix: string,
  most = 64,
): Promise<string[]> {
  const numbers = (await files.names(folder).catch(() => []))
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .filter((digits) => /^\d{1,4}$/.test(digits))
    .map(Number);
  return numbers
    .sort((a, b) => a - b)
    .slice(0, most)
    .map((number) => `${folder}/${prefix}${number}`);
}

/** A whole number, negative ones too; undefined when the file cannot be read or holds something else. */
export async function readNumber(files: SystemFiles, path: string): Promise<number | undefined> {
  const text = (await files.read(path).catch(() => '')).trim();
  return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** A name, without control characters; undefined when there is none. */
export async function readName(files: SystemFiles, path: string): Promise<string | undefined> {
  const text = (await files.read(path).catch(() => '')).trim().slice(0, 64);
  return /^[\x20-\x7e]+$/.test(text) ? text : undefined;
}
