/**
 * One cached engine on disk: whether it is what its manifest says. Everything is read with a limit and nothing
 * through links, since whoever can write the folder may have put anything there.
 */
import { createHash } from 'node:crypto';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { boundedChunks, readBoundedFile } from '../base/bounded-file.js';
import { messageOf, systemCode } from '../base/errors.js';
import {
  type EngineFile,
  type EngineManifest,
  MANIFEST,
  MAX_ENGINE_BYTES,
  MAX_MANIFEST_BYTES,
  parseEngineManifest,
} from './engine-manifest.js';

/** Why an engine must not be loaded; the message goes on from "the engine". */
export class BadEngine extends Error {
  override readonly name = 'BadEngine';
}

/** The process is short of something; the engine may be as good as ever. */
const NOT_ITS_FAULT = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN']);
/** More files than this are not counted. */
const MAX_COUNTED = 1000;

/** The manifest of the engine in `folder`, its files not yet looked at. Throws BadEngine. */
export function readManifest(folder: string, key: string): Promise<EngineManifest> {
  return blamed(async () => {
    const path = join(folder, MANIFEST);
    await requireFile(path, MANIFEST);
    return parseEngineManifest((await readBoundedFile(path, MAX_MANIFEST_BYTES)).toString('utf8'), key);
  });
}

/** Reads every file of the engine in `folder` and returns its manifest. Throws BadEngine. */
export async function checkEngine(
  folder: string,
  key: string,
  signal?: AbortSignal,
): Promise<EngineManifest> {
  const manifest = await readManifest(folder, key);
  for (const file of manifest.files) await blamed(() => checkFile(folder, file, signal));
  signal?.throwIfAborted();
  return manifest;
}

async function checkFile(folder: string, { name, bytes, digest }: EngineFile, signal?: AbortSignal) {
  const { size } = await requireFile(join(folder, name), name);
  if (size !== bytes) throw new Error(`${name} has ${size} bytes, not ${bytes}`);
  const found = await digestOf(join(folder, name), bytes, signal);
  if (!signal?.aborted && found !== digest)
    throw new Error(`${name} was changed: it has the digest ${found}`);
}

/** `sha256:…` of a regular file of at most `maxBytes`; of a part of it once the signal is aborted. */
export async function digestOf(path: string, maxBytes = MAX_ENGINE_BYTES, signal?: AbortSignal) {
  const hash = createHash('sha256');
  for await (const chunk of boundedChunks(path, maxBytes)) {
    if (signal?.aborted) break;
    hash.update(chunk);
  }
  return `sha256:${hash.digest('hex')}`;
}

/** Bytes that removing `path` would free, its files counted but not those of folders below it. */
export async function sizeOf(path: string): Promise<number> {
  const found = await lstat(path);
  if (!found.isDirectory()) return found.size;
  let [bytes, counted] = [0, 0];
  for await (const { name } of await opendir(path)) {
    bytes += (await lstat(join(path, name))).size;
    counted += 1;
    if (counted === MAX_COUNTED) break;
  }
  return bytes;
}

async function requireFile(path: string, name: string): Promise<{ size: number }> {
  const found = await lstat(path);
  if (!found.isFile()) throw new Error(`${name} is ${found.isSymbolicLink() ? 'a link' : 'no file'}`);
  return found;
}

/** What goes wrong while an engine is read is the engine's fault, unless it cannot be. */
async function blamed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (NOT_ITS_FAULT.has(systemCode(error) ?? '')) throw error;
    throw new BadEngine(messageOf(error), { cause: error });
  }
}
