/** A folder that must be written to: made when missing, tried once, so that the error comes at the start. */
import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DetectdError, messageOf } from './errors.js';

/** Throws FOLDER_UNWRITABLE, naming the configuration key that sets the folder. */
export async function ensureFolder(path: string, key: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o750 });
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
