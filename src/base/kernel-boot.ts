/**
 * Which start of the kernel this is. What was written and not synced outlives the process that wrote it, but not the kernel:
 * when that was started anew without an orderly end, it may be gone.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Undefined where the system does not tell. @param root of the file system */
export async function kernelBoot(root = '/'): Promise<string | undefined> {
  const text = await readFile(join(root, 'proc/sys/kernel/random/boot_id'), 'utf8').catch(() => '');
  return /^[0-9a-f-]{1,64}$/.exec(text.trim())?.[0];
}
