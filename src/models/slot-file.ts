/**
 * The two generations of a slot's record on disk. Writing the newer one is the one moment in which a model changes; the
 * one before stays beside it for the case that the disk loses the newer.
 */
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../base/atomic-file.js';
import { readBoundedFile } from '../base/bounded-file.js';
import { messageOf, systemCode } from '../base/errors.js';
import { MAX_SLOT_BYTES, parseSlot, type SlotRecord, slotText } from './slot-record.js';

export interface ReadSlot {
  /** The newest that can be believed; undefined where there is none. */
  record: SlotRecord | undefined;
  /** Files that cannot, and why. */
  bad: { path: string; reason: string }[];
}

/** Of the generations at `path` and `path.1` the newest that is whole and this model's. Changes nothing. */
export async function readSlot(path: string, model: string, versions: string): Promise<ReadSlot> {
  const bad: ReadSlot['bad'] = [];
  for (const each of [path, `${path}.1`]) {
    try {
      const text = (await readBoundedFile(each, MAX_SLOT_BYTES)).toString('utf8');
      const record = parseSlot(text, versions);
      if (record.model !== model) throw new Error(`it is the record of "${record.model}"`);
      return { record, bad };
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT') continue;
      // Not for this user to read is no damage.
      if (code === 'EACCES' || code === 'EPERM') throw error;
      bad.push({ path: each, reason: messageOf(error).split('\n')[0] as string });
    }
  }
  return { record: undefined, bad };
}

/** Moves what cannot be believed out of the way, so that it is never mistaken for the one before. */
export async function setAside(bad: ReadSlot['bad']): Promise<void> {
  for (const { path } of bad) {
    await rm(`${path}.bad`, { recursive: true, force: true });
    await rename(path, `${path}.bad`);
  }
  if (bad[0] !== undefined) await syncFolder(dirname(bad[0].path));
}

/** When it returns, the record is what any later start reads. The folder must be there. */
export async function writeSlot(path: string, record: SlotRecord, versions: string): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w', 0o640);
  try {
    await file.writeFile(slotText(record, versions));
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await rename(path, `${path}.1`);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}
