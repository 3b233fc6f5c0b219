/**
 * Unpacks a bundle archive into a folder named by the archive's digest, once: into a temporary folder first,
 * synced and renamed, so that a folder of that name is always whole. An archive may come from anywhere; its
 * size, its number of entries, its depth and its names are bounded, and only files and folders come out.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { ReadEntry } from 'tar';
import { syncFolder } from '../base/atomic-file.js';
import { DetectdError, messageOf, systemCode } from '../base/errors.js';
import { printable } from '../base/printable.js';

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

const MAX_NAME_BYTES = 1024;
/** Of one folder or file, as file systems have it. */
const MAX_PART_BYTES = 255;
/** Beside its content an entry has headers, padding, and more headers for a long name. */
const MAX_HEADER_BYTES = 4096;
/** Tools fill up what follows the end to some kilobytes. */
const MAX_TRAILER_BYTES = 1 << 20;
/** What starts a gzip and a zstd stream. */
const PACKED_AGAIN = [Buffer.from([0x1f, 0x8b]), Buffer.from([0x28, 0xb5, 0x2f, 0xfd])];
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
    await unpackInto(path, temporary, limits, digest);
    await syncTree(temporary);
    await renameUnlessThere(temporary, target);
    await syncFolder(scratchFolder);
    await prune(scratchFolder, digest, limits.maxKept);
  } catch (error) {
    throw asDetectdError(error, path, scratchFolder);
  } finally {
    await removeUnpacked(temporary);
  }
  return target;
}

/**
 * Into `folder`, which is made, and synced with all that is in it; a failure removes it. A file whose SHA-256 is not `verified` (64
 * hexadecimal digits) any more is refused. Throws as unpackArchive().
 */
export async function unpackFresh(
  path: string,
  folder: string,
  limits: ArchiveLimits = DEFAULT_ARCHIVE_LIMITS,
  verified?: string,
): Promise<void> {
  try {
    const { size } = await stat(path);
    if (size > limits.maxArchiveBytes) throw refused(path, `is larger than ${limits.maxArchiveBytes} bytes`);
    await mkdir(folder, { recursive: true, mode: 0o755 });
    await unpackInto(path, folder, limits, verified);
    await syncTree(folder);
  } catch (error) {
    await removeUnpacked(folder);
    throw asDetectdError(error, path, folder);
  }
}

async function removeUnpacked(folder: string): Promise<void> {
  // Files that were begun before an archive was refused may still appear for a moment. What stopped the unpacking may
  // stop this too; the first fault is the one to report.
  const patience = { maxRetries: 20, retryDelay: 50 };
  await rm(folder, { recursive: true, force: true, ...patience }).catch(() => undefined);
}

/** What is unpacked is what was hashed. */
async function unpackInto(
  path: string,
  folder: string,
  limits: ArchiveLimits,
  digest: string | undefined,
): Promise<void> {
  // A daemon whose models are folders, or are all there, does not pay for it.
  const { extract } = await import('tar');
  const names = new Map<string, 'file' | 'folder'>();
  const found = { entries: 0, bytes: 0, ended: false };
  let problem: string | undefined;
  const refuse = (clause: string): Error => {
    problem ??= clause;
    return new Error(clause);
  };
  const unpack = extract({
    cwd: folder,
    strict: true,
    preserveOwner: false,
    noMtime: true,
    maxDepth: limits.maxDepth,
    filter: (name, entry) => {
      if (problem !== undefined) return false;
      const { type, size: said = 0, remain } = entry as ReadEntry;
      const size = Math.max(said, remain);
      found.entries += 1;
      found.bytes += size;
      let clause = entryProblem(name, type, names, limits);
      if (found.entries > limits.maxEntries) clause = `has more than ${limits.maxEntries} entries`;
      if (!(size >= 0)) clause = `holds ${shownName(name)}, which has no size`;
      if (found.bytes > limits.maxUnpackedBytes)
        clause = `unpacks to more than ${limits.maxUnpackedBytes} bytes`;
      if (clause !== undefined) {
        unpack.abort(refuse(clause));
        return false;
      }
      (entry as ReadEntry).mode = type === 'Directory' ? 0o755 : 0o644;
      return true;
    },
  });
  // Else the entry that it belongs to would come out under another name.
  unpack.on('ignoredEntry', (entry) => {
    if (problem === undefined && entry.meta) unpack.abort(refuse('holds a name of more than a megabyte'));
  });
  unpack.on('eof', () => {
    found.ended = true;
  });
  const hash = createHash('sha256');
  const watched = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const most = limits.maxUnpackedBytes + limits.maxEntries * MAX_HEADER_BYTES + MAX_TRAILER_BYTES;
  try {
    await pipeline(
      createReadStream(path),
      watched,
      createGunzip(),
      boundedTar(found, most, refuse),
      unpack as unknown as NodeJS.WritableStream,
    );
  } catch (error) {
    throw problem === undefined ? error : refused(path, problem);
  }
  if (found.entries === 0) throw refused(path, 'is empty or not a tar archive');
  if (digest !== undefined && hash.digest('hex') !== digest)
    throw refused(path, 'changed while it was unpacked');
}

/**
 * Passes on what was decompressed, up to a limit: headers without entries, and what follows the end, count for
 * nothing in the parser, which would gather the latter in memory.
 */
function boundedTar(found: { ended: boolean }, most: number, refuse: (clause: string) => Error): Transform {
  let bytes = 0;
  let trailer = 0;
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      // The parser would decompress once more, without a limit.
      if (bytes === 0 && PACKED_AGAIN.some((magic) => chunk.indexOf(magic) === 0))
        return done(refuse('is compressed twice'));
      bytes += chunk.length;
      if (bytes > most) return done(refuse(`unpacks to more than ${most} bytes, most of it no files`));
      if (found.ended) trailer += chunk.length;
      if (trailer > MAX_TRAILER_BYTES) return done(refuse('goes on after its end'));
      done(null, chunk);
    },
  });
}

/** Remembers what it lets pass in `names`. */
function entryProblem(
  name: string,
  type: string,
  names: Map<string, 'file' | 'folder'>,
  limits: ArchiveLimits,
): string | undefined {
  const shown = shownName(name);
  if (!FILE_TYPES.has(type)) return `holds ${shown}, which is neither a file nor a folder but a ${type}`;
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (name.startsWith('/') || parts.includes('..') || /[\\\p{Cc}]|^[A-Za-z]:/u.test(name))
    return `holds the forbidden name ${shown}`;
  const tooLong = parts.some((part) => Buffer.byteLength(part) > MAX_PART_BYTES);
  if (tooLong || Buffer.byteLength(name) > MAX_NAME_BYTES || parts.length > limits.maxDepth)
    return `holds ${shown}, which is nested too deep or too long`;
  const kind = type === 'Directory' ? 'folder' : 'file';
  if (kind === 'file' && parts.length === 0) return `holds the forbidden name ${shown}`;
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const within = parts.slice(0, depth).join('/');
    const wanted = depth < parts.length ? 'folder' : kind;
    const there = names.get(within);
    if (there !== undefined && (there === 'file' || wanted === 'file')) return `holds ${shown} twice`;
    names.set(within, wanted);
  }
  return undefined;
}

function shownName(name: string): string {
  return printable(JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}...` : name));
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
