/** What `detectd doctor` asks of the place where stored messages wait for a broker: right to write, room, damage of before. */
import { constants } from 'node:fs';
import { access, readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, systemCode } from '../base/errors.js';
import type { OutboxConfig } from '../config/schema.js';
import { type Finding, fault, passed } from './finding.js';

const CHECK = 'outbox';

/** @param state the state folder, which exists. Opens nothing: a daemon may be using it. */
export async function checkOutbox(settings: OutboxConfig, state: string): Promise<Finding> {
  if (!settings.enabled)
    return passed(CHECK, 'switched off: what waits for a broker is kept in memory alone');
  const folder = join(state, 'outbox');
  try {
    const used = await bytesOf(folder);
    const { bavail, bsize } = await statfs(state);
    const damaged = (await readdir(state)).find((name) => name.startsWith('outbox.bad-'));
    return outboxFinding({ folder, settings, used, free: bavail * bsize, damaged });
  } catch (error) {
    return fault(
      CHECK,
      'failed',
      `${folder} cannot be used: ${messageOf(error)}`,
      'Give the user that runs detectd the right to read and write it, or remove it: what waits in it is lost then.',
    );
  }
}

export interface OutboxFacts {
  folder: string;
  settings: Pick<OutboxConfig, 'max_mb' | 'sync_s'>;
  /** Bytes that it takes, and that are free. */
  used: number;
  free: number;
  /** Name of a store that was set aside. */
  damaged: string | undefined;
}

export function outboxFinding({ folder, settings, used, free, damaged }: OutboxFacts): Finding {
  const { max_mb: mostMb, sync_s: syncS } = settings;
  const freeMb = Math.floor((used + free) / 1e6);
  if (freeMb < mostMb)
    return fault(
      CHECK,
      'warning',
      `"outbox.max_mb" allows ${mostMb} MB in ${folder}, and the disk has room for ${freeMb}`,
      'Free some space, or set "outbox.max_mb" to less.',
    );
  if (damaged !== undefined)
    return fault(
      CHECK,
      'warning',
      `a damaged store was set aside as ${damaged}`,
      'Look for faults of the disk (dmesg), then remove that folder.',
    );
  return passed(CHECK, `${folder} has room for ${mostMb} MB; a power cut costs ${syncS} s at most`);
}

/** 0 where there is none yet. Rejects where it cannot be written. */
async function bytesOf(folder: string): Promise<number> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 0;
    throw error;
  }
  await access(folder, constants.W_OK);
  // leveldb renames and removes files while this looks.
  const sizes = names.map((name) =>
    stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
