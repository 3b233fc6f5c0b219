/**
 * The files of a machine below a root, which is `/` or, for tests and images, a folder: links are followed as
 * the machine itself would, so that `/usr/local/cuda → /etc/alternatives/cuda` stays inside. Errors are short
 * reasons, since they end up in "what was tried".
 */
import { opendir, readlink, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BoundedFileError, boundedChunks, readBoundedFile } from '../base/bounded-file.js';
import { systemCode } from '../base/errors.js';

const MAX_LINKS = 40;
/** Files that state a version are small. */
const MAX_FILE_BYTES = 64 * 1024;
/** /usr/lib/<triplet> of a full installation has about 5,000. */
const MAX_NAMES = 50_000;
/** Read with one call; Node's 32 make a hundred of it in a folder of libraries. */
const NAMES_AT_ONCE = 1024;

const REASONS: Record<string, string> = {
  ENOENT: 'not there',
  ENOTDIR: 'not there',
  EACCES: 'not readable',
  EPERM: 'not readable',
  EISDIR: 'a folder',
  ENOTREG: 'no regular file',
  EFBIG: 'too large',
  ELOOP: 'links in a circle',
};

export class SystemFiles {
  readonly #root: string;

  constructor(root = '/') {
    this.#root = root;
  }

  /** The text of a small file, without the NUL that ends the device tree's. Throws with a code of the system. */
  async read(path: string): Promise<string> {
    const bytes = await readBoundedFile(await this.#located(path), MAX_FILE_BYTES);
    return bytes.toString('utf8').replace(/\0+$/, '');
  }

  /** A file of any length up to `maxBytes`, in pieces. */
  async *chunks(path: string, maxBytes: number): AsyncGenerator<Buffer, void> {
    yield* boundedChunks(await this.#located(path), maxBytes);
  }

  /** Names in a folder, sorted; the first 50,000 of them. */
  async names(path: string): Promise<string[]> {
    const names: string[] = [];
    const folder = await opendir(await this.#located(path), { bufferSize: NAMES_AT_ONCE });
    for await (const { name } of folder) {
      names.push(name);
      if (names.length === MAX_NAMES) break;
    }
    return names.sort();
  }

  /** The path behind all links, as the machine sees it. Throws when there is nothing. */
  async real(path: string): Promise<string> {
    if (this.#root === '/') return await realpath(path);
    return (await this.#located(path)).slice(this.#root.length);
  }

  /** What a link says, wherever that leads: some of /proc's are names and no paths. */
  async link(path: string): Promise<string> {
    return await readlink(join(this.#root, path));
  }

  async exists(path: string): Promise<boolean> {
    return this.#located(path)
      .then((located) => stat(located))
      .then(
        () => true,
        () => false,
      );
  }

  /** The place on this machine of a path below the root, every link on the way resolved below it. */
  async #located(path: string): Promise<string> {
    // Here the kernel follows the links by itself, in one call instead of dozens: files are read every few seconds.
    if (this.#root === '/') return path;
    const pending = path.split('/');
    let at = '/';
    for (let links = 0; pending.length > 0; ) {
      const part = pending.shift() ?? '';
      if (part === '' || part === '.') continue;
      const next = join(at, part);
      const target = part === '..' ? undefined : await linkTarget(join(this.#root, next));
      if (target === undefined) {
        at = next;
        continue;
      }
      links += 1;
      if (links > MAX_LINKS) throw Object.assign(new Error('too many links'), { code: 'ELOOP' });
      if (target.startsWith('/')) at = '/';
      pending.unshift(...target.split('/'));
    }
    const located = join(this.#root, at);
    await stat(located);
    return located;
  }
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    // Not a link.
    if (systemCode(error) === 'EINVAL') return undefined;
    throw error;
  }
}

/** Why a file could not be used, in a few words. */
export function fileReason(thrown: unknown): string {
  const code = thrown instanceof BoundedFileError ? thrown.code : systemCode(thrown);
  return (code === undefined ? undefined : REASONS[code]) ?? code ?? 'not readable';
}
