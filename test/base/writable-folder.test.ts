/** Folders that must be written to. */
import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ensureFolder } from '../../dist/base/writable-folder.js';

t.test('a missing folder is made, and nothing is left in it', async (t) => {
  const folder = join(t.testdir(), 'a/b/c');
  await ensureFolder(folder, 'paths.cache');
  t.strictSame(readdirSync(folder), []);
});

t.test('a file in its place is named, with the key that sets it', async (t) => {
  const path = join(t.testdir(), 'cache');
  writeFileSync(path, '');
  await t.rejects(ensureFolder(path, 'paths.cache'), { code: 'FOLDER_UNWRITABLE', hint: /"paths\.cache"/ });
});

const root = process.getuid?.() === 0 ? 'root may write everywhere' : false;
t.test('a folder without write permission is refused', { skip: root }, async (t) => {
  const folder = t.testdir();
  chmodSync(folder, 0o555);
  await t.rejects(ensureFolder(folder, 'paths.cache'), { code: 'FOLDER_UNWRITABLE' });
});

t.test('a folder below a read-only place is refused', async (t) => {
  await t.rejects(ensureFolder('/proc/detectd', 'paths.state'), {
    code: 'FOLDER_UNWRITABLE',
    hint: /"paths\.state"/,
  });
});
