/** What the disk says while an archive is written, as a fault of fetching. */
import { DetectdError, messageOf, systemCode } from '../../base/errors.js';
import { FetchFault } from './fetch-fault.js';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** The fault that an error of the file system in `folder` stands for; errors of ours stay as they are. */
export function storeFault(error: unknown, folder: string): DetectdError {
  if (error instanceof DetectdError) return error;
  if (FULL.has(systemCode(error) ?? ''))
    return new FetchFault('UPDATE_NO_SPACE', 'later', `No space is left in ${folder} for the archive.`, {
      hint: 'Free some space there, or set paths.state to a larger disk.',
      cause: error,
    });
  return new FetchFault('UPDATE_STORE', 'later', `Writing in ${folder} failed: ${messageOf(error)}.`, {
    hint: 'Check the disk and the rights of the folder.',
    cause: error,
  });
}
