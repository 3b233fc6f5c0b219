/** Building an engine: all of it or nothing. The rest is tried through the cache. */
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { EngineCache } from '../../dist/engines/engine-cache.js';
import { begun, kept, madeUpFacts, madeUpKey } from '../helpers/made-up-engine.js';

const key = madeUpKey(1);

t.test('what cannot be a file of an engine is refused, and nothing is left', async (t) => {
  const cases: [string, (folder: string) => void, RegExp][] = [
    ['nothing', () => {}, /of 0 files/],
    ['a folder', (folder) => mkdirSync(join(folder, 'x')), /"x"/],
    ['a link', (folder) => symlinkSync('/etc/passwd', join(folder, 'x')), /"x"/],
    ['a name of ours', (folder) => writeFileSync(join(folder, 'manifest.json'), '{}'), /"manifest\.json"/],
    ['a hidden file', (folder) => writeFileSync(join(folder, '.x'), ''), /"\.x"/],
    [
      'too many',
      (folder) => {
        for (let at = 0; at < 17; at += 1) writeFileSync(join(folder, `${at}`), '');
      },
      /of 17 files/,
    ],
  ];
  const cache = new EngineCache({ folder: t.testdir(), maxBytes: 1e9 });
  for (const [what, make, message] of cases) {
    const build = await begun(cache, key);
    make(build.folder);
    await t.rejects(build.commit(madeUpFacts), { code: 'INTERNAL', message }, what);
    t.strictSame(readdirSync(cache.engines.path), [], what);
  }
});

t.test('a folder that is gone, and one that is there already, are clear errors', async (t) => {
  const cache = new EngineCache({ folder: t.testdir(), maxBytes: 1e9 });
  const gone = await begun(cache, key);
  rmSync(gone.folder, { recursive: true });
  await t.rejects(gone.commit(madeUpFacts), { code: 'ENGINE_CACHE' });
  const twice = await begun(cache, key);
  writeFileSync(join(twice.folder, 'engine'), '');
  mkdirSync(join(cache.engines.engine(key.digest), 'not empty'), { recursive: true });
  await t.rejects(twice.commit(madeUpFacts), { code: 'ENGINE_CACHE' });
  t.strictSame(readdirSync(cache.engines.path), [key.digest]);
});

t.test('a program that outlives its builder writes where nobody looks any more', async (t) => {
  const cache = new EngineCache({ folder: t.testdir(), maxBytes: 1e9 });
  const first = await begun(cache, key);
  const { folder } = first;
  await first.abandon();
  const second = await begun(cache, key);
  t.not(basename(second.folder), basename(folder));
  t.notOk(existsSync(folder));
  t.ok(second.lockFd > 2);
  await second.abandon();
});

const root = process.getuid?.() === 0 ? false : 'only root can build for another user';
t.test("what root builds is the daemon's", { skip: root }, async (t) => {
  const folder = t.testdir();
  chownSync(folder, 65534, 65534);
  const cache = new EngineCache({ folder, maxBytes: 1e9 });
  await kept(cache, key);
  const paths = readdirSync(folder, { recursive: true }).map(String);
  t.equal(paths.length, 6);
  for (const path of paths) t.match(lstatSync(join(folder, path)), { uid: 65534, gid: 65534 }, path);
});
