/**
 * The folder of recordings, and its limits: size, age, and what must stay free on the disk. The oldest go first. Only files
 * with names as it gives them are counted and taken away: whatever else lies there is somebody's.
 */
import { readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import { DetectdError, messageOf, systemCode } from '../base/errors.js';
import { ensureFolder, makeFolder } from '../base/writable-folder.js';
import type { RecordingForm, RecordingReason } from '../core/recording.js';
import { RecordingFile, type Sidecar, sidecarPath } from './recording-file.js';

export interface ShelfLimits {
  maxBytes: number;
  /** Undefined: however old they are. */
  maxAgeMs: number | undefined;
  minFreeBytes: number;
}

export interface ShelfOptions {
  folder: string;
  limits: ShelfLimits;
  clock: Clock;
  /** Of the file system; default: the folder's own. */
  freeBytes?: (folder: string) => Promise<number>;
}

interface Kept {
  path: string;
  bytes: number;
  /** When it was made, by the wall clock. */
  atMs: number;
}

const NAME = /^[a-z0-9][a-z0-9_-]{0,62}-\d{8}T\d{9}Z-(object|camera|command)(-\d{1,3})?\.(ts|mjpg)$/;
const HIDDEN = /^\.(.+)\.part$/;
/** Made within one millisecond. */
const MOST_ALIKE = 100;

export class RecordingShelf {
  readonly #options: ShelfOptions;
  readonly #growing = new Set<RecordingFile>();

  constructor(options: ShelfOptions) {
    this.#options = options;
  }

  /** Makes the folder, and puts into their place what an earlier start was at; how many. Throws FOLDER_UNWRITABLE. */
  async start(): Promise<number> {
    const { folder } = this.#options;
    await ensureFolder(folder, 'recordings.folder');
    let recovered = 0;
    for (const name of await readdir(folder)) {
      const path = HIDDEN.exec(name)?.[1];
      if (path !== undefined && NAME.test(path) && (await this.#recover(name, path))) recovered += 1;
    }
    return recovered;
  }

  /** A file that may grow. Throws RECORDING_DISK. */
  async begin(
    camera: string,
    reason: RecordingReason,
    form: RecordingForm,
    facts: Sidecar,
  ): Promise<RecordingFile> {
    const { folder, clock } = this.#options;
    await makeFolder(folder).catch((error) => {
      throw diskError(folder, messageOf(error));
    });
    await this.makeRoom(0);
    const name = `${camera}-${compactTime(clock.wallMs())}-${reason}`;
    for (let alike = 1; alike < MOST_ALIKE; alike += 1) {
      const path = join(folder, `${name}${alike === 1 ? '' : `-${alike}`}.${form}`);
      if (await exists(path)) continue;
      const file = new RecordingFile(path);
      try {
        await file.start(facts);
        this.#growing.add(file);
        return file;
      } catch (error) {
        if (systemCode(error) === 'EEXIST') continue;
        await file.discard();
        throw diskError(folder, messageOf(error));
      }
    }
    throw diskError(folder, 'there are too many of that name');
  }

  /** Puts it into its place. Throws RECORDING_DISK; it is gone then. */
  async finish(file: RecordingFile, facts: Sidecar): Promise<void> {
    this.#growing.delete(file);
    try {
      await file.finish(facts);
    } catch (error) {
      throw diskError(this.#options.folder, messageOf(error));
    }
  }

  async discard(file: RecordingFile): Promise<void> {
    this.#growing.delete(file);
    await file.discard();
  }

  /**
   * Takes the oldest away until there is room for `bytes` more beside what is not finished. Throws RECORDING_DISK when
   * that does not do.
   */
  async makeRoom(bytes: number): Promise<void> {
    const { folder, limits, clock, freeBytes = freeOf } = this.#options;
    try {
      const kept = await this.#list();
      const growing = [...this.#growing].reduce((sum, file) => sum + file.bytes, 0);
      let total = kept.reduce((sum, one) => sum + one.bytes, growing);
      let free = await freeBytes(folder);
      for (const { path, bytes: size, atMs } of kept) {
        const old = limits.maxAgeMs !== undefined && clock.wallMs() - atMs > limits.maxAgeMs;
        if (!old && total + bytes <= limits.maxBytes && free - bytes >= limits.minFreeBytes) continue;
        await rm(path, { force: true });
        await rm(sidecarPath(path), { force: true });
        total -= size;
        free = await freeBytes(folder);
      }
      if (free - bytes < limits.minFreeBytes) {
        const mb = Math.floor(free / 1e6);
        throw diskError(folder, `only ${mb} MB are free, and "recordings.min_free_mb" must stay free`);
      }
      if (total + bytes > limits.maxBytes)
        throw diskError(folder, 'this recording alone is larger than "recordings.max_size_mb"');
    } catch (error) {
      throw error instanceof DetectdError ? error : diskError(folder, messageOf(error));
    }
  }

  /** The oldest first. */
  async #list(): Promise<Kept[]> {
    const { folder } = this.#options;
    const names = (await readdir(folder)).filter((name) => NAME.test(name));
    const found: Kept[] = [];
    for (const name of names) {
      const path = join(folder, name);
      const facts = await stat(path).catch(() => undefined);
      if (facts?.isFile() === true) found.push({ path, bytes: facts.size, atMs: facts.mtimeMs });
    }
    return found.sort((a, b) => a.atMs - b.atMs || (a.path < b.path ? -1 : 1));
  }

  /** False where there was nothing in it. */
  async #recover(hidden: string, name: string): Promise<boolean> {
    const { folder } = this.#options;
    const [from, to] = [join(folder, hidden), join(folder, name)];
    const { size } = await stat(from);
    if (size === 0 || (await exists(to))) {
      await rm(from, { force: true });
      await rm(sidecarPath(from), { force: true });
      return false;
    }
    await rename(sidecarPath(from), sidecarPath(to)).catch(() => {});
    await rename(from, to);
    return true;
  }
}

/** As in 20261123T112233444Z: names sort by it, and hold no colon. */
function compactTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replace(/[-:.]/g, '');
}

async function freeOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function diskError(folder: string, why: string): DetectdError {
  return new DetectdError(
    'RECORDING_DISK',
    `A recording cannot be written to ${folder}: ${why}.`,
    'Free some space, or set "recordings.folder" to another disk.',
  );
}
