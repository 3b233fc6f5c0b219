/** Limits of the folder of recordings: the oldest go first, what is somebody else's stays, the disk is never filled. */
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { RecordingShelf, type ShelfLimits, type ShelfOptions } from '../../dist/recording/recording-shelf.js';
import { FakeClock } from '../helpers/fake-clock.js';

const NOW = Date.UTC(2026, 10, 23, 11, 22, 33, 444);
const FIRST = 'gate-20261123T112233444Z-object.ts';

function shelf(t: Test, limits: Partial<ShelfLimits> = {}, more: Partial<ShelfOptions> = {}) {
  const folder = t.testdir();
  const made = new RecordingShelf({
    folder,
    limits: { maxBytes: 1000, maxAgeMs: undefined, minFreeBytes: 0, ...limits },
    clock: new FakeClock({ wallMs: NOW }),
    freeBytes: async () => 1e9,
    ...more,
  });
  /** A recording of 300 bytes that is so many hours old. */
  const put = (name: string, hours: number, bytes = 300) => {
    const path = join(folder, name);
    writeFileSync(path, Buffer.alloc(bytes));
    writeFileSync(`${path}.json`, '{}');
    utimesSync(path, NOW / 1000 - hours * 3600, NOW / 1000 - hours * 3600);
    return path;
  };
  const names = () => readdirSync(folder).filter((name) => !name.endsWith('.json'));
  return { made, folder, put, names };
}

t.test('recordings are named after camera, time and reason; two of one moment get two names', async (t) => {
  const { made, names } = shelf(t);
  for (const expected of [FIRST, 'gate-20261123T112233444Z-object-2.ts']) {
    const file = await made.begin('gate', 'object', 'ts', {});
    await file.append(Buffer.from('x'));
    await made.finish(file, {});
    t.ok(names().includes(expected), expected);
  }
});

t.test('the oldest make room, with what is known of them; other files do not count', async (t) => {
  const { made, put, folder, names } = shelf(t);
  put('gate-20261123T100000000Z-object.ts', 1);
  const oldest = put('yard-20261123T080000000Z-camera-2.mjpg', 3);
  put('gate-20261123T090000000Z-command.ts', 2);
  for (const name of ['holiday.ts', 'gate-20261123T080000000Z-object.ts.bak', '.hidden']) put(name, 9, 5000);
  await made.makeRoom(100);
  t.equal(names().length, 6, 'as much as may be there is there');
  await made.makeRoom(101);
  t.notOk(existsSync(oldest) || existsSync(`${oldest}.json`));
  t.ok(existsSync(join(folder, 'holiday.ts')));
  t.equal(names().length, 5);
});

t.test('what grows counts, too, and alone it must not become larger than all may be', async (t) => {
  const { made, put, names } = shelf(t);
  put('gate-20261123T100000000Z-object.ts', 1, 900);
  const file = await made.begin('gate', 'command', 'ts', {});
  await file.append(Buffer.alloc(600));
  await made.makeRoom(300);
  t.strictSame(names(), ['.gate-20261123T112233444Z-command.ts.part']);
  await t.rejects(made.makeRoom(500), { code: 'RECORDING_DISK', message: /max_size_mb/ });
  await made.discard(file);
  await made.makeRoom(1000);
});

t.test(
  'what is older than it may be goes; a clock that has not been set yet takes nothing away',
  async (t) => {
    const { made, put, names } = shelf(t, { maxAgeMs: 3_600_000 });
    put('gate-20261123T100000000Z-object.ts', 1.1);
    put('gate-20261123T110000000Z-object.ts', 0.9);
    put('gate-20261123T150000000Z-object.ts', -400_000);
    await made.makeRoom(0);
    t.strictSame(names(), ['gate-20261123T110000000Z-object.ts', 'gate-20261123T150000000Z-object.ts']);
  },
);

t.test('the disk is never filled: recordings go first, and then nothing more is written', async (t) => {
  let free = 400;
  const { made, put, names } = shelf(t, { minFreeBytes: 500 }, { freeBytes: async () => free });
  put('gate-20261123T100000000Z-object.ts', 1);
  await t.rejects(made.makeRoom(1), { code: 'RECORDING_DISK', message: /min_free_mb/ });
  t.strictSame(names(), []);
  free = 600;
  await made.makeRoom(100);
  await t.rejects(
    made.begin('gate', 'object', 'ts', {}).then(() => made.makeRoom(101)),
    { code: 'RECORDING_DISK' },
  );
});

t.test('what a crash left is put into its place at the next start, with what is known', async (t) => {
  const { made, folder, names } = shelf(t);
  const cut = await made.begin('gate', 'object', 'ts', { complete: false });
  await cut.append(Buffer.from('there'));
  writeFileSync(join(folder, '.gate-20261123T080000000Z-object.ts.part'), '');
  writeFileSync(join(folder, '.somebody.part'), 'else');
  t.equal(await made.start(), 1);
  t.strictSame(names(), ['.somebody.part', FIRST]);
  t.equal(statSync(join(folder, FIRST)).size, 5);
  t.ok(existsSync(join(folder, `${FIRST}.json`)));
});

t.test('a folder that cannot be written is named', async (t) => {
  const { made } = shelf(t, {}, { folder: '/proc/no/recordings' });
  await t.rejects(made.start(), { code: 'FOLDER_UNWRITABLE' });
  await t.rejects(made.begin('gate', 'object', 'ts', {}), { code: 'RECORDING_DISK' });
  await t.rejects(made.makeRoom(1), { code: 'RECORDING_DISK' });
});
