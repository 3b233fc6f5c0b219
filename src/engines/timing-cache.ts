/**
 * What earlier builds measured, lent to a build as a copy and taken back when it was good. trtexec rewrites the file
 * in place: whatever ends it must not leave half a file to all later builds.
 */
import { copyFile, rename, stat } from 'node:fs/promises';
import { messageOf } from '../base/errors.js';

/** Real ones have a few megabytes. */
const MAX_BYTES = 256 * 1024 * 1024;

/** Copies `shared` to `copy` if there is one. Never rejects: without it the builder only takes longer. */
export async function borrowTimingCache(shared: string | undefined, copy: string): Promise<void> {
  if (shared === undefined) return;
  try {
    const { size } = await stat(shared);
    if (size > 0 && size <= MAX_BYTES) await copyFile(shared, copy);
  } catch {
    // trtexec makes a new one.
  }
}

/** Moves `copy` to `shared`, which is on the same disk. Never rejects; what went wrong comes back as a note. */
export async function returnTimingCache(copy: string, shared: string | undefined): Promise<string[]> {
  if (shared === undefined) return [];
  try {
    await rename(copy, shared);
    return [];
  } catch (error) {
    return [`the timing cache was not kept: ${messageOf(error)}`];
  }
}
