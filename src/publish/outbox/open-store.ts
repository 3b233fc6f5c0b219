/**
 * Opens the store on the disk. A damaged one is set aside for who wants to look at it, the one that was set aside before
 * goes, and an empty one takes its place: no state of the disk keeps a daemon from starting.
 */
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DetectdError } from '../../base/errors.js';
import { makeFolder } from '../../base/writable-folder.js';
import { DiskStore } from './disk-store.js';
import type { OutboxStore } from './outbox-store.js';
import { StoreFault } from './store-fault.js';
import { readRecords, type StoreRecords } from './store-records.js';

export interface OpenedStore {
  store: OutboxStore;
  records: StoreRecords;
  /** Why the one that was there is set aside, or some of it is lost. */
  damage: DetectdError | undefined;
}

const LOG_BYTES = 64 * 1024;
/** So much has to be free for the store to be of use. */
const TRIAL = 'x'.repeat(64 * 1024);

/** @param damaged found while it was in use: it is set aside. Rejects with StoreFault. */
export async function openStore(folder: string, nowMs: number, damaged?: DetectdError): Promise<OpenedStore> {
  if (damaged !== undefined) await setAside(folder, nowMs);
  try {
    const opened = await openChecked(folder);
    return { ...opened, damage: damaged ?? opened.damage };
  } catch (fault) {
    if (!(fault instanceof DetectdError) || fault.code !== 'OUTBOX_CORRUPT') throw fault;
    await setAside(folder, nowMs);
    return { ...(await openChecked(folder)), damage: fault };
  }
}

async function openChecked(folder: string): Promise<OpenedStore> {
  await makeFolder(dirname(folder)).catch((error) => {
    throw new StoreFault(folder, error);
  });
  await requireWhole(folder);
  const had = await readdir(folder).catch((): string[] => []);
  const store = await DiskStore.open(folder);
  try {
    const skipped = await skippedRecords(folder, had);
    const records = await readRecords(store);
    if (records === undefined)
      throw new DetectdError('OUTBOX_CORRUPT', `The store of messages in ${folder} is of a later version.`);
    await store.write([{ type: 'put', key: 'x', value: TRIAL }], false);
    await store.write([{ type: 'del', key: 'x' }], true);
    return { store, records, damage: skipped };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/**
 * leveldb opens a store whose newest file is gone, or partly unreadable, without a word but in its own log. What is left is
 * good; what was in there is lost.
 */
async function skippedRecords(folder: string, had: readonly string[]): Promise<DetectdError | undefined> {
  const gone = had.includes('CURRENT') && !had.some((name) => name.endsWith('.log'));
  const told = await readStart(join(folder, 'LOG'));
  if (!gone && !/dropping \d+ bytes/.test(told)) return undefined;
  return new DetectdError(
    'OUTBOX_CORRUPT',
    `The newest file of the store of messages in ${folder} is ${gone ? 'gone' : 'damaged'}.`,
    'What was in it is announced as lost; look for faults of the disk when this repeats.',
  );
}

/** It is begun anew with each opening. */
async function readStart(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(LOG_BYTES), 0, LOG_BYTES, 0);
      return buffer.toString('latin1', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return '';
  }
}

/** Without the file that names the others leveldb would begin anew, over what is there. */
async function requireWhole(folder: string): Promise<void> {
  const names = await readdir(folder).catch((): string[] => []);
  if (names.includes('CURRENT') || !names.some((name) => /^MANIFEST-|\.(ldb|log)$/.test(name))) return;
  const cause = Object.assign(new Error('there is no file CURRENT'), { code: 'LEVEL_CORRUPTION' });
  throw new StoreFault(folder, cause);
}

async function setAside(folder: string, nowMs: number): Promise<void> {
  try {
    const prefix = `${basename(folder)}.bad-`;
    const above = dirname(folder);
    for (const name of await readdir(above))
      if (name.startsWith(prefix)) await rm(join(above, name), { recursive: true, force: true });
    await rename(folder, join(above, `${prefix}${new Date(nowMs).toISOString().replace(/[:.]/g, '-')}`));
  } catch (error) {
    throw new StoreFault(folder, error);
  }
}
