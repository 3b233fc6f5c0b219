/** Writes that are whole or not at all. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { syncFolder, writeFileAtomic } from '../../dist/base/atomic-file.js';

t.test('a file is written, replaced, and leaves nothing beside it', async (t) => {
  const folder = t.testdir({});
  const path = join(folder, 'deep/er/state.json');
  await writeFileAtomic(path, 'old');
  await writeFileAtomic(path, new TextEncoder().encode('new'), 0o600);
  t.equal(readFileSync(path, 'utf8'), 'new');
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.strictSame(readdirSync(join(folder, 'deep/er')), ['state.json']);
});

t.test('a write that fails leaves the old content and no temporary file', async (t) => {
  const folder = t.testdir({ target: { inside: 'x' } });
  await t.rejects(writeFileAtomic(join(folder, 'target'), 'data'), 'a folder is in the way');
  t.strictSame(readdirSync(folder), ['target']);
  await t.rejects(writeFileAtomic(join(folder, 'target/inside/file'), 'data'), { code: /ENOTDIR|EEXIST/ });
  t.equal(readFileSync(join(folder, 'target/inside'), 'utf8'), 'x');
});

t.test('many writers at once leave one whole file', async (t) => {
  const path = join(t.testdir({}), 'f');
  const contents = Array.from({ length: 20 }, (_, index) => String(index).repeat(10_000));
  await Promise.all(contents.map((content) => writeFileAtomic(path, content)));
  t.ok(contents.includes(readFileSync(path, 'utf8')));
});

t.test('a folder that is missing cannot be synced', async (t) => {
  await t.rejects(syncFolder(join(t.testdir({}), 'missing')), { code: 'ENOENT' });
});
