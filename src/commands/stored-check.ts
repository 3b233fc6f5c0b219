/**
 * Whether the versions of a model on this machine are as they were stored: what serves, and what could be called back.
 * Needs no daemon and changes nothing.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DetectdError, type ErrorData } from '../base/errors.js';
import type { ModelConfig } from '../config/schema.js';
import type { ModelVersion } from '../core/model-update.js';
import { readStoredSlot } from '../models/model-store.js';
import { modelWish } from '../models/model-target.js';
import { placeVersion, requireWhole } from '../models/version-folder.js';

export interface StoredVersion {
  role: 'active' | 'previous';
  name: string | null;
  version: string;
  digest: string;
  path: string;
  /** Key id of its signature; null where none was asked for, or it is used in its place. */
  signed_by: string | null;
  error: ErrorData | null;
}

export interface StoredReport {
  model: string;
  /** Empty where nothing has come yet. */
  versions: StoredVersion[];
  /** Of what serves, or why nothing does; null when that is well. */
  error: ErrorData | null;
}

/** `model` is one of a configuration whose paths are absolute. Throws where the store cannot be read, and the signal's reason. */
export async function checkStored(
  name: string,
  model: ModelConfig,
  stateFolder: string,
  signal: AbortSignal,
): Promise<StoredReport> {
  const { source } = modelWish(model).target;
  const scratchFolder = await mkdtemp(join(tmpdir(), 'detectd-'));
  try {
    const { active, previous } = await readStoredSlot(stateFolder, name);
    const versions: StoredVersion[] = [];
    if (active !== undefined) versions.push(await look('active', active, scratchFolder));
    signal.throwIfAborted();
    if (previous !== undefined) versions.push(await look('previous', previous, scratchFolder));
    if (active === undefined && source.kind === 'place') {
      try {
        versions.push(described('active', await placeVersion(source.path, scratchFolder), null));
      } catch (error) {
        return { model: name, versions, error: DetectdError.from(error).toData() };
      }
    }
    const serving = versions.find(({ role }) => role === 'active');
    return { model: name, versions, error: serving === undefined ? nothing(name) : serving.error };
  } finally {
    await rm(scratchFolder, { recursive: true, force: true });
  }
}

async function look(
  role: StoredVersion['role'],
  version: ModelVersion,
  scratchFolder: string,
): Promise<StoredVersion> {
  try {
    await requireWhole(version, scratchFolder);
    return described(role, version, null);
  } catch (error) {
    return described(role, version, DetectdError.from(error).toData());
  }
}

function described(
  role: StoredVersion['role'],
  { name, version, digest, path, signedBy }: ModelVersion,
  error: ErrorData | null,
): StoredVersion {
  return { role, name: name ?? null, version, digest, path, signed_by: signedBy ?? null, error };
}

function nothing(name: string): ErrorData {
  return {
    code: 'UPDATE_UNKNOWN',
    message: `No version of "${name}" is on this machine yet.`,
    hint: `Fetch it with "detectd models install ${name}", or start the daemon.`,
  };
}
