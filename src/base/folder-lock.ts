/**
 * Locks on folders that several processes share, kept by the kernel (flock): they end with the process that
 * holds them, however it dies, and none outlives a reboot. Node cannot call flock, but such a lock belongs to the
 * open folder and not to a process: the program `flock` is lent ours, locks it and ends, and the lock stays.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { DetectdError, messageOf, systemCode } from './errors.js';

/** Any number may hold a folder `shared`; who holds it `exclusive` is alone. */
export type LockKind = 'shared' | 'exclusive';

/** Given to `flock -E`, so that a lock held by another differs from every failure. */
const HELD = 75;
/** The folder's number in the child, after its three standard ones. */
const LENT = 3;

export class FolderLock {
  readonly #folder: FileHandle;

  private constructor(folder: FileHandle) {
    this.#folder = folder;
  }

  /**
   * Locks the folder at `path`, which is not followed when it is a link. Without `until` it does not wait; with it,
   * it waits until the signal is aborted. `busy`: someone else holds it; `missing`: there is nothing.
   * Throws FOLDER_UNLOCKABLE, and the system's errors where the folder cannot be opened (ENOTDIR, EACCES …).
   */
  static async take(
    path: string,
    kind: LockKind,
    until?: AbortSignal,
  ): Promise<FolderLock | 'busy' | 'missing'> {
    let folder: FileHandle;
    try {
      folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return 'missing';
      throw error;
    }
    try {
      if (await flock(folder.fd, kind, until)) return new FolderLock(folder);
    } catch (error) {
      await folder.close();
      throw unlockable(path, error);
    }
    await folder.close();
    return 'busy';
  }

  /** Lent to a child process, it keeps the folder locked for as long as that lives, too. */
  get fd(): number {
    return this.#folder.fd;
  }

  /** Whether `path` still names the folder that is locked: it may have been moved before we got it. */
  async isAt(path: string): Promise<boolean> {
    try {
      const [here, there] = await Promise.all([this.#folder.stat(), lstat(path)]);
      return here.ino === there.ino && here.dev === there.dev;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return false;
      throw error;
    }
  }

  async release(): Promise<void> {
    await this.#folder.close();
  }
}

/** False: another holds it. */
async function flock(fd: number, kind: LockKind, until: AbortSignal | undefined): Promise<boolean> {
  if (until?.aborted) return false;
  const patience = until === undefined ? ['--nonblock'] : [];
  const args = [`--${kind}`, '--conflict-exit-code', `${HELD}`, ...patience, `${LENT}`];
  const child = spawn('flock', args, { stdio: ['ignore', 'ignore', 'pipe', fd], env: messagesInEnglish() });
  const giveUp = (): void => void child.kill('SIGKILL');
  until?.addEventListener('abort', giveUp, { once: true });
  try {
    const { status, said } = await ending(child);
    if (status === 0) return true;
    if (status === HELD || until?.aborted) return false;
    throw new Error(said.trim() || `flock ended with status ${status}`);
  } finally {
    until?.removeEventListener('abort', giveUp);
  }
}

function messagesInEnglish(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C' };
}

function ending(child: ChildProcess): Promise<{ status: number | null; said: string }> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(0, 500);
    });
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, said }));
  });
}

function unlockable(path: string, error: unknown): DetectdError {
  const missing = systemCode(error) === 'ENOENT';
  return new DetectdError(
    'FOLDER_UNLOCKABLE',
    `The folder ${path} cannot be locked: ${missing ? 'the program flock is not installed' : messageOf(error)}.`,
    missing ? 'Install util-linux, which has it.' : 'Keep it on a local disk, not on a network share.',
    { cause: error },
  );
}
