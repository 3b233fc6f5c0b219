/**
 * The folder of one version: the unpacked bundle in `bundle/`, and version.json beside it, written last. A folder of
 * that name is whole or is not there: it is made under a temporary name, synced and renamed.
 */
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { syncFolder, writeFileAtomic } from '../base/atomic-file.js';
import { readBoundedFile } from '../base/bounded-file.js';
import type { Json } from '../base/canonical-json.js';
import { DetectdError, messageOf } from '../base/errors.js';
import { type ArchiveLimits, unpackFresh } from '../bundle/archive.js';
import { type Bundle, bundleRoot, openBundle } from '../bundle/bundle.js';
import type { ModelVersion } from '../core/model-update.js';
import { belowVersions, versionSchema } from './slot-record.js';
import type { Vouched } from './update-acts.js';

const FILE = 'version.json';
const MAX_BYTES = 16 * 2 ** 20;

/** A version in the store, and what is remembered with it. */
export interface KeptVersion {
  version: ModelVersion;
  /** The slot that it was adopted for. */
  model: string;
  /** Key of the wish that it came by. */
  key: string;
  /** RFC 3339. */
  adopted: string;
  /** RFC 3339; undefined for one that has not proved itself. */
  confirmed: string | undefined;
  vouched: Vouched;
}

const schema = z.object({
  schema: z.literal(1),
  version: versionSchema,
  model: z.string().max(200),
  key: z.string().max(100),
  adopted: z.string().max(100),
  confirmed: z.string().max(100).optional(),
  vouched: z.object({ signedBy: z.string().max(100).optional(), facts: z.json() }),
});

export interface Adoption {
  archivePath: string;
  sha256: string;
  model: string;
  key: string;
  adopted: string;
  vouched: Vouched;
  limits?: ArchiveLimits;
}

/** Name of the folder in which a version is put together; what dies with its process is left under it. */
export function temporaryName(sha256: string): string {
  return `.${sha256}.tmp`;
}

/**
 * Unpacks a verified archive to `versions`/`sha256`. Throws what unpackFresh() and openBundle() throw, and the
 * system's errors.
 */
export async function adoptVersion(versions: string, adoption: Adoption): Promise<KeptVersion> {
  const { archivePath, sha256, model, key, adopted, vouched, limits } = adoption;
  const temporary = join(versions, temporaryName(sha256));
  await rm(temporary, { recursive: true, force: true });
  try {
    await unpackFresh(archivePath, join(temporary, 'bundle'), limits, sha256);
    const root = await bundleRoot(join(temporary, 'bundle'));
    const bundle = await openBundle(root, temporary);
    const path = join(versions, sha256, relative(temporary, root));
    const bytes = await folderBytes(temporary);
    const version = { ...versionOf(bundle, path), archive: sha256, signedBy: vouched.signedBy, bytes };
    const kept: KeptVersion = { version, model, key, adopted, confirmed: undefined, vouched };
    await writeKept(versions, temporary, kept);
    await rename(temporary, join(versions, sha256));
    await syncFolder(versions);
    return kept;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
}

/** A bundle that is used in its place. Throws what openBundle() throws. */
export async function placeVersion(path: string, scratchFolder: string): Promise<ModelVersion> {
  return versionOf(await openBundle(path, scratchFolder), path);
}

function versionOf(bundle: Bundle, path: string): ModelVersion {
  const { digest, version, manifest, inferCfg } = bundle;
  return {
    ...{ digest, version, name: manifest?.name, path, labels: inferCfg.labels },
    ...{ archive: undefined, signedBy: undefined, bytes: 0 },
  };
}

/** From version.json alone. Throws an Error that says what is wrong with it. */
export async function readKept(versions: string, sha256: string): Promise<KeptVersion> {
  const text = (await readBoundedFile(join(versions, sha256, FILE), MAX_BYTES)).toString('utf8');
  const { version, model, key, adopted, confirmed, vouched } = schema.parse(JSON.parse(text));
  if (version.archive !== sha256) throw new Error(`${FILE} is about another archive`);
  const path = belowVersions(version.path, versions);
  const { signedBy } = vouched;
  return {
    version: { ...version, path },
    ...{ model, key, adopted, confirmed, vouched: { signedBy, facts: vouched.facts as Json } },
  };
}

/** It has proved itself. */
export async function confirmKept(versions: string, sha256: string, at: string): Promise<void> {
  const kept = await readKept(versions, sha256);
  await writeKept(versions, join(versions, sha256), { ...kept, confirmed: at });
}

/** Reads every file that matters. Throws UPDATE_STORE where the files are not those that were adopted. */
export async function requireWhole(version: ModelVersion, scratchFolder: string): Promise<void> {
  let reason: string;
  try {
    const { digest } = await openBundle(version.path, scratchFolder);
    if (digest === version.digest) return;
    reason = `its files have the digest ${digest}`;
  } catch (error) {
    reason = messageOf(error);
  }
  throw new DetectdError(
    'UPDATE_STORE',
    `The version ${version.version} in ${version.path} is not the one that was stored: ${reason}`,
    'It is fetched anew; look into the log of the system for faults of the disk.',
  );
}

/** Removes it, in one step for whoever looks. */
export async function removeVersion(versions: string, sha256: string): Promise<void> {
  const temporary = join(versions, temporaryName(sha256));
  await rm(temporary, { recursive: true, force: true });
  await rename(join(versions, sha256), temporary);
  await rm(temporary, { recursive: true, force: true });
}

export async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    bytes += entry.isDirectory() ? await folderBytes(path) : (await stat(path)).size;
  }
  return bytes;
}

async function writeKept(versions: string, folder: string, kept: KeptVersion): Promise<void> {
  const { version } = kept;
  const file = { schema: 1, ...kept, version: { ...version, path: relative(versions, version.path) } };
  await writeFileAtomic(join(folder, FILE), `${JSON.stringify(file, undefined, 1)}\n`);
}
