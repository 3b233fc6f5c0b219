/**
 * When each engine was last used, as a number that counts uses and not as a time: boards without a battery start in
 * the past, and their clocks jump. It lies beside the engine; a lost one only makes an engine look old.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { readBoundedFile } from '../base/bounded-file.js';

export const LAST_USE = 'last-use';
/** Written over in place, so that it is never empty or half. */
const DIGITS = 15;

/** 0 where nothing can be read. Never rejects. */
export async function readLastUse(folder: string): Promise<number> {
  try {
    const text = (await readBoundedFile(join(folder, LAST_USE), DIGITS)).toString('latin1');
    return /^\d{15}$/.test(text) ? Number(text) : 0;
  } catch {
    return 0;
  }
}

/** Never rejects: who may only read a cache may use it all the same. */
export async function writeLastUse(folder: string, use: number): Promise<void> {
  try {
    const { O_WRONLY, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
    const file = await open(join(folder, LAST_USE), O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o644);
    try {
      await file.write(String(use).padStart(DIGITS, '0'), 0);
    } finally {
      await file.close();
    }
  } catch {
    // It stays as it was.
  }
}

/** The number of the next use, given those of all engines. */
export function nextUse(uses: readonly number[]): number {
  return Math.max(0, ...uses) + 1;
}
