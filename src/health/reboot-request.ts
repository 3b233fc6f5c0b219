/**
 * Asks for a reboot of the machine: a file in the daemon's runtime folder, which detectd-reboot.path watches and root
 * answers, once. Without that unit nobody reads it.
 */
import { join } from 'node:path';
import { writeFileAtomic } from '../base/atomic-file.js';
import type { Clock } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';

export const REBOOT_REQUEST = 'reboot-request';

/** Of the line 500 bytes are read; what JSON adds to each character is bounded by leaving ASCII letters only. */
const MAX_REASON = 200;

/** The folder that systemd made for this service, from RUNTIME_DIRECTORY; undefined outside of systemd. */
export function runtimeFolder(env: NodeJS.ProcessEnv): string | undefined {
  // systemd separates several by colons; the unit has one.
  const first = env['RUNTIME_DIRECTORY']?.split(':')[0];
  return first?.startsWith('/') ? first : undefined;
}

/**
 * Writes the request into `folder`, as one line of JSON: `{"reason":"…","ts":"…"}`. Throws DetectdError when it cannot
 * be written.
 */
export async function requestReboot(folder: string, reason: string, clock: Clock): Promise<void> {
  const words = reason.replace(/[^ -~]+/g, ' ').replace(/["\\]/g, "'");
  const line = { reason: words.slice(0, MAX_REASON), ts: new Date(clock.wallMs()).toISOString() };
  try {
    await writeFileAtomic(join(folder, REBOOT_REQUEST), `${JSON.stringify(line)}\n`, 0o640);
  } catch (error) {
    throw new DetectdError(
      'FOLDER_UNWRITABLE',
      `No reboot could be asked for in ${folder}.`,
      'Run scripts/install again: the unit has to make that folder for the service (RuntimeDirectory=detectd).',
      { cause: error },
    );
  }
}
