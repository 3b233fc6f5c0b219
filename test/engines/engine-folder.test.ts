/** The lock of a key and the changes made under it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { EngineFolder, explained, type KeyLock } from '../../dist/engines/engine-folder.js';
import { systemError } from '../helpers/memory-files.js';

const key = 'ab'.repeat(32);

async function locked(engines: EngineFolder): Promise<KeyLock> {
  const held = await engines.lockKey(key);
  if (held === 'busy') throw new Error('busy');
  return held;
}

function rig(t: Pick<Test, 'testdir'>): { engines: EngineFolder; names(): string[] } {
  const engines = new EngineFolder(t.testdir());
  return { engines, names: () => readdirSync(engines.path) };
}

t.test('a key is locked by one at a time, and leaves nothing', async (t) => {
  const { engines, names } = rig(t);
  const held = await locked(engines);
  t.equal(await engines.lockKey(key), 'busy');
  writeFileSync(join(held.folder, 'x'), '');
  const waiting = engines.lockKey(key, new AbortController().signal);
  await engines.freeKey(held);
  const next = await waiting;
  if (next === 'busy') throw new Error('busy');
  t.strictSame(readdirSync(next.folder), [], 'a folder of its own');
  await engines.freeKey(next);
  t.strictSame(names(), []);
});

t.test('what lies in place of the temporary folder is cleared away, not followed', async (t) => {
  const { engines, names } = rig(t);
  const precious = join(engines.path, '../precious');
  mkdirSync(precious);
  mkdirSync(engines.path);
  symlinkSync('../precious', join(engines.path, `${key}.tmp`));
  await engines.freeKey(await locked(engines));
  writeFileSync(join(engines.path, `${key}.tmp`), '');
  await engines.freeKey(await locked(engines));
  t.ok(existsSync(precious));
  t.strictSame(names(), []);
});

t.test('engines and files are set aside with the reason', async (t) => {
  const { engines, names } = rig(t);
  const held = await locked(engines);
  mkdirSync(engines.engine(key));
  t.equal(await engines.setAside(key, 'it is bad'), `${key}.bad-1`);
  writeFileSync(engines.engine(key), 'a file');
  t.equal(await engines.setAside(key, 'it is a file'), `${key}.bad-2`);
  t.equal(await engines.reasonOf(`${key}.bad-1`), 'it is bad');
  t.equal(await engines.reasonOf(`${key}.bad-2`), 'the reason was not kept');
  t.equal(readFileSync(join(engines.path, `${key}.bad-2`), 'utf8'), 'a file');
  for (const name of [`${key}.bad-1`, `${key}.bad-2`, 'gone']) await engines.removeOther(name);
  await engines.freeKey(held);
  t.strictSame(names(), []);
});

t.test('a removed engine is gone in one step', async (t) => {
  const { engines, names } = rig(t);
  const held = await locked(engines);
  mkdirSync(join(engines.engine(key), 'deep/er'), { recursive: true });
  await engines.removeEngine(key, held);
  t.strictSame(names(), [`${key}.tmp`]);
  await engines.freeKey(held);
  t.strictSame(names(), []);
});

t.test('errors of the system say what to do', async (t) => {
  const cases: [string, string, RegExp][] = [
    ['ENOSPC', 'ENGINE_CACHE', /engines prune/],
    ['EDQUOT', 'ENGINE_CACHE', /engines prune/],
    ['EACCES', 'FOLDER_UNWRITABLE', /paths\.cache/],
    ['EROFS', 'FOLDER_UNWRITABLE', /paths\.cache/],
    ['EIO', 'ENGINE_CACHE', /faults of the disk/],
  ];
  for (const [code, expected, hint] of cases)
    await t.rejects(
      explained('/cache/engines', () => Promise.reject(systemError(code))),
      { code: expected, message: /\/cache\/engines/, hint },
      code,
    );
});
