/**
 * A text file that grows piece by piece and appears only when it is whole: for results that are too many to
 * hold in memory. Writing is synchronous, so that a slow disk slows down whoever makes the text.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { syncFolder } from './atomic-file.js';

/** Characters that are gathered before they are written. */
const GATHERED = 1 << 16;

export class AtomicWriter {
  readonly #path: string;
  readonly #temporary: string;
  #file: number | undefined;
  #gathered = '';

  constructor(path: string) {
    this.#path = path;
    this.#temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  }

  /** Opens a temporary file beside the path, whose folder must exist. Throws the system's errors, as all here. */
  start(): void {
    this.#file = openSync(this.#temporary, 'wx', 0o644);
  }

  write(text: string): void {
    this.#gathered += text;
    if (this.#gathered.length >= GATHERED) this.#flush();
  }

  /** Puts the file in its place, in place of one that is there. */
  async commit(): Promise<void> {
    if (this.#file === undefined) return;
    this.#flush();
    fsyncSync(this.#file);
    closeSync(this.#file);
    this.#file = undefined;
    try {
      renameSync(this.#temporary, this.#path);
    } catch (error) {
      rmSync(this.#temporary, { force: true });
      throw error;
    }
    await syncFolder(dirname(this.#path));
  }

  /** Removes what was written, unless it was committed. */
  discard(): void {
    if (this.#file === undefined) return;
    closeSync(this.#file);
    this.#file = undefined;
    rmSync(this.#temporary, { force: true });
  }

  #flush(): void {
    const bytes = Buffer.from(this.#gathered);
    this.#gathered = '';
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file as number, bytes, at);
  }
}
