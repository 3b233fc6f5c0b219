/** Two generations of a record: which one counts after whatever happened to them. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readSlot, setAside, writeSlot } from '../../dist/models/slot-file.js';
import { emptySlot } from '../../dist/models/slot-record.js';
import { servingSlot, VERSIONS } from '../helpers/model-slots.js';

t.test('the newest that is whole counts', async (t) => {
  const path = join(t.testdir(), 'people.json');
  const read = () => readSlot(path, 'people', VERSIONS);
  t.strictSame(await read(), { record: undefined, bad: [] });
  await writeSlot(path, servingSlot('1'), VERSIONS);
  t.notOk(existsSync(`${path}.1`));
  await writeSlot(path, servingSlot('2'), VERSIONS);
  t.equal((await read()).record?.active?.version, '1.2.0');
  renameSync(path, `${path}.gone`);
  t.equal((await read()).record?.active?.version, '1.1.0', 'between the two renames');
  renameSync(`${path}.gone`, path);
  truncateSync(path, 40);
  const torn = await read();
  t.equal(torn.record?.active?.version, '1.1.0');
  t.match(torn.bad, [{ path }]);
  await setAside(torn.bad);
  t.ok(existsSync(`${path}.bad`));
  await writeSlot(path, servingSlot('3'), VERSIONS);
  t.equal((await read()).record?.active?.version, '1.3.0');
  t.match(readFileSync(`${path}.1`, 'utf8'), /1\.1\.0/, 'a torn one never becomes the one before');
});

t.test('what is no record of this model is not believed', async (t) => {
  const path = join(t.testdir(), 'people.json');
  await writeSlot(path, emptySlot('cars'), VERSIONS);
  t.match(await readSlot(path, 'people', VERSIONS), { record: undefined, bad: [{ reason: /"cars"/ }] });
  rmSync(path);
  mkdirSync(path);
  const folder = await readSlot(path, 'people', VERSIONS);
  t.equal(folder.bad.length, 1, 'a folder in its place');
  await setAside(folder.bad);
  t.notOk(existsSync(path));
  writeFileSync(path, 'x'.repeat(17 * 2 ** 20));
  t.match(await readSlot(path, 'people', VERSIONS), { bad: [{ reason: /larger/ }] });
});

t.test(
  'one that may not be read is no damage',
  { skip: process.getuid?.() === 0 && 'root may' },
  async (t) => {
    const path = join(t.testdir(), 'people.json');
    await writeSlot(path, servingSlot('1'), VERSIONS);
    chmodSync(path, 0);
    await t.rejects(readSlot(path, 'people', VERSIONS), { code: 'EACCES' });
  },
);
