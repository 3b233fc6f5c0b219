/** A folder that must be written to: made when missing, tried once, so that the error comes at the start. */
import { randomBytes } from 'node:crypto';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DetectdError, messageOf, systemCode } from './errors.js';

/** Throws FOLDER_UNWRITABLE, naming the configuration key that sets the folder. */
export async function ensureFolder(path: string, key: string): Promise<void> {
  try {
    await makeFolder(path);
    const probe = join(path, `.write-test-${randomBytes(4).toString('hex')}`);
    await writeFile(probe, '');
    await rm(probe, { force: true });
  } catch (error) {
    throw new DetectdError(
      'FOLDER_UNWRITABLE',
      `The folder ${path} cannot be written: ${messageOf(error)}.`,
      `Give the user that runs detectd the right to write it, free some space, or set "${key}" to another folder.`,
      { cause: error },
    );
  }
}

/** As `mkdir -p`. Not Node's recursive mkdir: that never returns where a file system refuses with ENOENT (/proc). */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o750 });
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') {
      if ((await stat(path)).isDirectory()) return;
      throw error;
    }
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path || (await exists(parent))) throw error;
    await makeFolder(parent);
    await mkdir(path, { mode: 0o750 });
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
