/** Names of what is in the store of models, below the state folder, and what errors of its disk mean. */
import { join } from 'node:path';
import { DetectdError, messageOf, systemCode } from '../base/errors.js';

export interface StoreLayout {
  folder: string;
  /** One folder for each archive, by its SHA-256. */
  versions: string;
  downloads: string;
  slots: string;
  requests: string;
  /** Locked by whoever changes slots. */
  lock: string;
}

export function storeLayout(stateFolder: string): StoreLayout {
  const folder = join(stateFolder, 'models');
  const at = (name: string): string => join(folder, name);
  return {
    ...{ folder, versions: at('versions'), downloads: at('downloads'), slots: at('slots') },
    ...{ requests: at('requests'), lock: at('lock') },
  };
}

/** The file of a model's slot. Names of models are plain by the configuration's schema. */
export function slotPath({ slots }: Pick<StoreLayout, 'slots'>, model: string): string {
  return join(slots, `${model}.json`);
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const FORBIDDEN = new Set(['EACCES', 'EPERM', 'EROFS']);

/** Runs `work` on the store; errors of the system come out with what to do about them. */
export async function explained<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storeError(folder, error);
  }
}

export function storeError(folder: string, error: unknown): DetectdError {
  if (error instanceof DetectdError) return error;
  const code = systemCode(error) ?? '';
  const cause = { cause: error };
  if (FORBIDDEN.has(code))
    return new DetectdError(
      'FOLDER_UNWRITABLE',
      `The store of models ${folder} cannot be read or written: ${messageOf(error)}.`,
      'Run it as the user of the daemon or as root, or set "paths.state" to another folder.',
      cause,
    );
  if (FULL.has(code))
    return new DetectdError(
      'UPDATE_NO_SPACE',
      `There is no space left for the store of models ${folder}.`,
      'Free some space, or set "paths.state" to another disk.',
      cause,
    );
  return new DetectdError(
    'UPDATE_STORE',
    `The store of models ${folder} cannot be used: ${messageOf(error)}.`,
    'Look into the log of the system for faults of the disk, or set "paths.state" to another folder.',
    cause,
  );
}
