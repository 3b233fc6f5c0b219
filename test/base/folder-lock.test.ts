/** Locks on folders: one holder, freed by its death, and never mistaken about which folder it is. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { FolderLock, type LockKind } from '../../dist/base/folder-lock.js';

async function taken(path: string, kind: LockKind, until?: AbortSignal): Promise<FolderLock> {
  const lock = await FolderLock.take(path, kind, until);
  if (typeof lock === 'string') throw new Error(`${path} is ${lock}`);
  return lock;
}

/** A process that holds the folder until it is killed. */
async function holder(path: string): Promise<ChildProcess> {
  const module = new URL('../../dist/base/folder-lock.js', import.meta.url).href;
  const code = `import { FolderLock } from ${JSON.stringify(module)};
    globalThis.lock = await FolderLock.take(${JSON.stringify(path)}, 'exclusive');
    setInterval(() => {}, 1000);
    process.stdout.write(typeof lock);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = await new Promise((resolve) => child.stdout.once('data', resolve));
  if (String(said) !== 'object') throw new Error(`not locked: ${said}`);
  return child;
}

t.test('one holder alone, or several that share', async (t) => {
  const folder = t.testdir();
  const alone = await taken(folder, 'exclusive');
  t.equal(await FolderLock.take(folder, 'exclusive'), 'busy');
  t.equal(await FolderLock.take(folder, 'shared'), 'busy');
  await alone.release();
  const [one, other] = [await taken(folder, 'shared'), await taken(folder, 'shared')];
  t.equal(await FolderLock.take(folder, 'exclusive'), 'busy');
  await one.release();
  t.equal(await FolderLock.take(folder, 'exclusive'), 'busy');
  await other.release();
  await (await taken(folder, 'exclusive')).release();
});

t.test('a lock is freed by the death of its process, and who waited has it', async (t) => {
  const folder = t.testdir();
  const child = await holder(folder);
  t.equal(await FolderLock.take(folder, 'exclusive'), 'busy');
  const waiting = taken(folder, 'exclusive', new AbortController().signal);
  child.kill('SIGKILL');
  await (await waiting).release();
});

t.test('waiting ends when it is called off', async (t) => {
  const folder = t.testdir();
  const lock = await taken(folder, 'exclusive');
  const abort = new AbortController();
  const waiting = FolderLock.take(folder, 'shared', abort.signal);
  abort.abort();
  t.equal(await waiting, 'busy');
  t.equal(await FolderLock.take(folder, 'shared', AbortSignal.abort()), 'busy');
  await lock.release();
  await (await taken(folder, 'shared')).release();
});

t.test('a folder that was moved, replaced or removed is not the one at its path', async (t) => {
  const folder = t.testdir();
  const [path, elsewhere] = [join(folder, 'a'), join(folder, 'b')];
  t.equal(await FolderLock.take(path, 'shared'), 'missing');
  mkdirSync(path);
  const lock = await taken(path, 'exclusive');
  t.ok(await lock.isAt(path));
  renameSync(path, elsewhere);
  t.notOk(await lock.isAt(path));
  t.ok(await lock.isAt(elsewhere));
  t.equal(await FolderLock.take(elsewhere, 'shared'), 'busy', 'the lock moves with its folder');
  mkdirSync(path);
  t.notOk(await lock.isAt(path));
  rmSync(elsewhere, { recursive: true });
  await lock.release();
});

t.test('a file, a link and a forbidden folder are the errors of the system', async (t) => {
  const folder = t.testdir();
  writeFileSync(join(folder, 'file'), '');
  symlinkSync('.', join(folder, 'link'));
  mkdirSync(join(folder, 'forbidden'));
  chmodSync(join(folder, 'forbidden'), 0);
  await t.rejects(FolderLock.take(join(folder, 'file'), 'shared'), { code: 'ENOTDIR' });
  await t.rejects(FolderLock.take(join(folder, 'link'), 'shared'), { code: 'ENOTDIR' });
  if (process.getuid?.() !== 0)
    await t.rejects(FolderLock.take(join(folder, 'forbidden'), 'shared'), { code: 'EACCES' });
});

t.test('without the program flock, and where it refuses, the error says what to do', async (t) => {
  const folder = t.testdir({ bin: {} });
  const { PATH } = process.env;
  t.teardown(() => {
    process.env.PATH = PATH;
  });
  process.env.PATH = join(folder, 'bin');
  await t.rejects(FolderLock.take(folder, 'shared'), {
    code: 'FOLDER_UNLOCKABLE',
    message: /cannot be locked: the program flock is not installed\.$/,
    hint: /util-linux/,
  });
  writeFileSync(join(folder, 'bin/flock'), '#!/bin/sh\necho "flock: 3: Bad file descriptor" >&2; exit 65\n');
  chmodSync(join(folder, 'bin/flock'), 0o755);
  await t.rejects(FolderLock.take(folder, 'shared'), {
    code: 'FOLDER_UNLOCKABLE',
    message: /cannot be locked: flock: 3: Bad file descriptor\.$/,
    hint: /local disk/,
  });
});
