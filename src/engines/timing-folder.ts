/**
 * Where TensorRT's timing caches lie: one per platform, shared by all engines that are built on it. What was measured
 * on another platform is of no use, and kept only in case that comes back.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../base/writable-folder.js';
import { giveToOwner } from './engine-folder.js';
import { type EngineKey, keyDigest } from './engine-key.js';

/** Platforms of one machine: what it was before an update, and its power modes. */
const MOST_PLATFORMS = 4;
const ENDING = '.timing';

/** The timing cache for builds of `key`'s machine, whatever their model. Its folder may be missing. */
export function timingCachePath(cacheFolder: string, key: EngineKey): string {
  const platform = key.parts.filter(({ name }) => name.startsWith('device '));
  return join(cacheFolder, 'timing', `${keyDigest(platform)}${ENDING}`);
}

/** Makes the folder, and room in it: beside `path` the three caches that were written last stay. Throws the system's errors. */
export async function prepareTimingFolder(cacheFolder: string, path: string): Promise<void> {
  const folder = join(cacheFolder, 'timing');
  await makeFolder(folder);
  await giveToOwner(folder);
  const others: { at: string; written: number }[] = [];
  for (const name of (await readdir(folder)).slice(0, 1000)) {
    const at = join(folder, name);
    if (name.endsWith(ENDING) && at !== path) others.push({ at, written: (await stat(at)).mtimeMs });
  }
  // A wrong clock costs a longer build, no more.
  others.sort((a, b) => b.written - a.written);
  for (const { at } of others.slice(MOST_PLATFORMS - 1)) await rm(at, { recursive: true, force: true });
}
