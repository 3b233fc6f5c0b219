/** What a failed build means for the next one. Pure. */
import type { ErrorCode } from '../base/error-codes.js';
import { DetectdError, messageOf } from '../base/errors.js';

/** Of the moment, not of the model: memory, disk, somebody's decision, what is not installed yet. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ENGINE_MEMORY',
  'ENGINE_DISK',
  'ENGINE_CANCELLED',
  'ENGINE_BUSY',
  'ENGINE_CACHE',
  'FOLDER_UNWRITABLE',
  'FOLDER_UNLOCKABLE',
  'BUNDLE_NOT_FOUND',
  'PROVIDER_UNAVAILABLE',
]);

/** Cost minutes, and would cost them again. */
const NOTED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ENGINE_REFUSED',
  'ENGINE_UNSUPPORTED',
  'ENGINE_BUILD',
  'ENGINE_MEMORY',
  'MODEL_LOAD',
  'MODEL_RUN',
]);

/** Of the disk, not of the program that wrote. */
const DISK_ERRORS: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO']);

/** Why a build failed, whoever noticed: a file that cannot be written is no defect of detectd. */
export function buildFailure(thrown: unknown): DetectdError {
  if (!(thrown instanceof Error && 'code' in thrown && DISK_ERRORS.has(thrown.code)))
    return DetectdError.from(thrown);
  return new DetectdError(
    'ENGINE_DISK',
    `The engine cannot be written: ${messageOf(thrown)}.`,
    'Free space in the cache folder, or set paths.cache to a larger disk.',
    { cause: thrown },
  );
}

/** Whether the same would come of another try on this machine. */
export function isFinal(code: ErrorCode): boolean {
  return !PASSING.has(code);
}

/** Whether later processes should know of it. */
export function isNoted(code: ErrorCode): boolean {
  return NOTED.has(code);
}

/** Whether an engine of higher precision may come out better. */
export function mayRaisePrecision(code: ErrorCode): boolean {
  return code === 'ENGINE_REFUSED' || code === 'ENGINE_UNSUPPORTED';
}
