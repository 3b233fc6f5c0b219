/**
 * Unpacks a bundle archive into a folder named by the archive's digest, once: into a temporary folder first,
 * synced and renamed, so that a folder of that name is always whole. An archive may come from anywhere; its
 * size, its number of entries, its depth and its names are bounded, and only files and folders come out.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract, type ReadEntry } from 'tar';
import { syncFolder } from '../base/atomic-file.js';
import { DetectdError, messageOf, systemCode } from '../base/errors.js';

export interface ArchiveLimits {
  /** Largest archive, packed. */
  maxArchiveBytes: number;
  /** Sum of all files, unpacked. */
  maxUnpackedBytes: number;
  maxEntries: number;
  maxDepth: number;
  /** Other unpacked archives that stay beside the new one; the longest unused go. */
  maxKept: number;
}

export const DEFAULT_ARCHIVE_LIMITS: ArchiveLimits = {
  maxArchiveBytes: 2 * 2 ** 30,
  maxUnpackedBytes: 2 * 2 ** 30,
  maxEntries: 10_000,
  maxDepth: 8,
  maxKept: 8,
};

const MAX_NAME_LENGTH = 1024;
const STALE_TEMPORARY_MS = 24 * 3600 * 1000;
const FILE_TYPES = new Set(['File', 'OldFile', 'ContiguousFile', 'Directory']);

/** The folder with the archive's content. Throws BUNDLE_ARCHIVE or FOLDER_UNWRITABLE. */
export async function unpackArchive(
  path: string,
  scratchFolder: string,
  limits: ArchiveLimits = DEFAULT_ARCHIVE_LIMITS,
): Promise<string> {
  const { size } = await stat(path);
  if (size > limits.maxArchiveBytes) throw refused(path, `is larger than ${limits.maxArchiveBytes} bytes`);
  const digest = await digestFile(path);
  const target = join(scratchFolder, digest);
  if (await exists(target)) {
    await utimes(target, new Date(), new Date()).catch(() => undefined);
    return target;
  }
  const temporary = join(scratchFolder, `.${digest}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await mkdir(temporary, { recursive: true, mode: 0o755 });
    await unpackInto(path, temporary, limits);
    await syncTree(temporary);
    await renameUnlessThere(temporary, target);
    await syncFolder(scratchFolder);
    await prune(scratchFolder, digest, limits.maxKept);
  } catch (error) {
    throw asDetectdError(error, path, scratchFolder);
  } finally {
    // What stopped the unpacking may stop this too; the first fault is the one to report.
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
  }
  return target;
}

async function unpackInto(path: string, folder: string, limits: ArchiveLimits): Promise<void> {
  let entries = 0;
  let bytes = 0;
  let problem: string | undefined;
  const unpack = extract({
    cwd: folder,
    strict: true,
    preserveOwner: false,
    noMtime: true,
    maxDepth: limits.maxDepth,
    filter: (name, entry) => {
      if (problem !== undefined) return false;
      const { type, size = 0 } = entry as ReadEntry;
      entries += 1;
      bytes += size;
      problem = entryProblem(name, type, limits);
      if (entries > limits.maxEntries) problem = `has more than ${limits.maxEntries} entries`;
      if (bytes > limits.maxUnpackedBytes) problem = `unpacks to more than ${limits.maxUnpackedBytes} bytes`;
      if (problem === undefined) (entry as ReadEntry).mode = type === 'Directory' ? 0o755 : 0o644;
      else unpack.abort(new Error(problem));
      return problem === undefined;
    },
  });
  try {
    await pipeline(createReadStream(path), unpack as unknown as NodeJS.WritableStream);
  } catch (error) {
    throw problem === undefined ? error : refused(path, problem);
  }
  if (entries === 0) throw refused(path, 'is empty or not a tar archive');
}

function entryProblem(name: string, type: string, limits: ArchiveLimits): string | undefined {
  const shown = JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}...` : name);
  if (!FILE_TYPES.has(type)) return `holds ${shown}, which is neither a file nor a folder but a ${type}`;
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (name.startsWith('/') || parts.includes('..') || /[\\\0]|^[A-Za-z]:/.test(name))
    return `holds the forbidden name ${shown}`;
  if (name.length > MAX_NAME_LENGTH || parts.length > limits.maxDepth)
    return `holds ${shown}, which is nested too deep or too long`;
  return undefined;
}

async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function exists(folder: string): Promise<boolean> {
  return stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function renameUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    // Another process unpacked the same archive meanwhile: its folder is as good.
    if (!(await exists(to))) throw error;
  }
}

async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      await syncTree(path);
      continue;
    }
    const file = await open(path, 'r');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }
  await syncFolder(folder);
}

async function prune(scratchFolder: string, keep: string, maxKept: number): Promise<void> {
  const unpacked: { path: string; usedMs: number }[] = [];
  for (const name of await readdir(scratchFolder)) {
    const path = join(scratchFolder, name);
    const usedMs = await stat(path).then(
      (found) => found.mtimeMs,
      () => undefined,
    );
    if (usedMs === undefined || name === keep) continue;
    if (/^[0-9a-f]{64}$/.test(name)) unpacked.push({ path, usedMs });
    else if (/^\.[0-9a-f]{64}\.[0-9a-f]{12}\.tmp$/.test(name) && Date.now() - usedMs > STALE_TEMPORARY_MS)
      await rm(path, { recursive: true, force: true });
  }
  unpacked.sort((a, b) => b.usedMs - a.usedMs);
  for (const { path } of unpacked.slice(maxKept)) await rm(path, { recursive: true, force: true });
}

function asDetectdError(error: unknown, path: string, scratchFolder: string): DetectdError {
  if (error instanceof DetectdError) return error;
  const code = systemCode(error);
  if (code !== undefined && ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR'].includes(code)) {
    return new DetectdError(
      'FOLDER_UNWRITABLE',
      `The bundle archive cannot be unpacked into ${scratchFolder}: ${messageOf(error)}.`,
      'Make the folder writable for detectd, free some space, or set "paths.cache" to another folder.',
      { cause: error },
    );
  }
  return refused(path, `is damaged: ${messageOf(error)}`);
}

function refused(path: string, problem: string): DetectdError {
  return new DetectdError(
    'BUNDLE_ARCHIVE',
    `The bundle archive ${path} ${problem}.`,
    'A bundle archive is a gzipped tar of model.onnx, infer_cfg.yml and plain files beside them.',
  );
}
