/** The store by itself: its lock, what a start mends, and what it says without being opened. */
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { activePath, ModelStore, readStoredSlot } from '../../dist/models/model-store.js';
import { emptySlot } from '../../dist/models/slot-record.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { AT, madeUpTarget, servingSlot, sha } from '../helpers/model-slots.js';
import { packedVersion } from '../helpers/update-rig.js';

function newStore(t: Test, stateFolder = t.testdir(), quotaBytes = 1e9): ModelStore {
  const log = pino({ level: 'silent' });
  const store = new ModelStore({
    stateFolder,
    scratchFolder: stateFolder,
    quotaBytes: () => quotaBytes,
    clock: new FakeClock(),
    log,
  });
  t.teardown(() => store.close());
  return store;
}

t.test('one process at a time has it, and leftovers go', async (t) => {
  const folder = t.testdir();
  const store = newStore(t, folder);
  const leftover = join(store.layout.versions, `.${sha('a')}.tmp`);
  mkdirSync(leftover, { recursive: true });
  writeFileSync(join(leftover, 'half'), 'x');
  mkdirSync(join(store.layout.versions, 'of somebody else'));
  await store.open();
  t.strictSame(readdirSync(store.layout.versions), ['of somebody else']);
  await t.rejects(newStore(t, folder).open(), { code: 'UPDATE_BUSY' });
  await store.close();
  await newStore(t, folder).open();
});

t.test('what serves is read without a lock, and looking makes nothing', async (t) => {
  const folder = t.testdir();
  t.strictSame(await readStoredSlot(folder, 'people'), emptySlot('people'));
  t.strictSame(readdirSync(folder), []);
});

t.test('the path of what serves follows from the slot and what is configured', (t) => {
  const place = madeUpTarget('1', { source: { kind: 'place', path: '/srv/people' } });
  t.equal(activePath(emptySlot('people'), place), '/srv/people');
  t.equal(activePath(emptySlot('people'), madeUpTarget('1')), undefined);
  t.equal(activePath(servingSlot('1'), place), servingSlot('1').active?.path, 'until the change is made');
  t.end();
});

t.test('versions are adopted once, found while whole, and go when there is no room', async (t) => {
  const store = newStore(t);
  await store.open();
  const outside = join(store.layout.folder, 'packed');
  const packed = await packedVersion(outside, '1.0.0');
  const vouched = { signedBy: undefined, facts: null };
  const adoption = {
    archivePath: packed.path,
    sha256: packed.sha256,
    model: 'people',
    key: 'k',
    adopted: AT,
    vouched,
  };
  const kept = await store.adopt(adoption);
  t.strictSame(await store.adopt({ ...adoption, archivePath: '/nowhere' }), kept);
  t.strictSame(await store.find(packed.sha256), kept);
  await store.makeRoom(1000);
  t.equal((await store.versions()).length, 1, 'there is room');
  await t.rejects(store.makeRoom(1e12), { code: 'UPDATE_NO_SPACE' });
  await store.write({ ...emptySlot('people'), active: kept.version, activeKey: '0'.repeat(32) });
  await store.release(kept.version);
  t.ok(await store.find(packed.sha256), 'what serves is not released');
  await store.write(emptySlot('people'));
  writeFileSync(join(kept.version.path, 'model.onnx'), 'damaged');
  t.equal(await store.find(packed.sha256), undefined);
  t.strictSame((await store.adopt(adoption)).version, kept.version, 'a damaged one is unpacked again');
  await store.release(kept.version);
  t.strictSame(await store.versions(), []);
});

t.test(
  'a folder that cannot be written says so',
  { skip: process.getuid?.() === 0 && 'root may write' },
  async (t) => {
    const folder = t.testdir();
    chmodSync(folder, 0o500);
    await t.rejects(newStore(t, folder).open(), { code: 'FOLDER_UNWRITABLE', hint: /paths\.state/ });
    chmodSync(folder, 0o700);
  },
);
