/** What a failed build means for the next one. Pure. */
import type { ErrorCode } from '../base/error-codes.js';

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
