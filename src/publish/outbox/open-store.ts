/**
 * Opens the store on the disk. A damaged one is set aside for who wants to look at it, the one that was set aside before
 * goes, and an empty one takes its place: no state of the disk keeps a daemon from starting.
 */
import { readdir, rename, rm } from 'node:fs/promises';
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
  /** Why the one that was there is set aside. */
  damage: DetectdError | undefined;
}

/** So much has to be free for the store to be of use. */
const TRIAL = 'x'.repeat(64 * 1024);

/** @param damaged found while it was in use: it is set aside. Rejects with StoreFault. */
export async function openStore(folder: string, nowMs: number, damaged?: DetectdError): Promise<OpenedStore> {
  if (damaged !== undefined) await setAside(folder, nowMs);
  try {
    return { ...(await openChecked(folder)), damage: damaged };
  } catch (fault) {
    if (!(fault instanceof DetectdError) || fault.code !== 'OUTBOX_CORRUPT') throw fault;
    await setAside(folder, nowMs);
    return { ...(await openChecked(folder)), damage: fault };
  }
}

async function openChecked(folder: string): Promise<{ store: OutboxStore; records: StoreRecords }> {
  await makeFolder(dirname(folder)).catch((error) => {
    throw new StoreFault(folder, error);
  });
  await requireWhole(folder);
  const store = await DiskStore.open(folder);
  try {
    const records = await readRecords(store);
    if (records === undefined)
      throw new DetectdError('OUTBOX_CORRUPT', `The store of messages in ${folder} is of a later version.`);
    await store.write([{ type: 'put', key: 'x', value: TRIAL }], false);
    await store.write([{ type: 'del', key: 'x' }], true);
    return { store, records };
  } catch (error) {
    await store.close();
    throw error;
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
