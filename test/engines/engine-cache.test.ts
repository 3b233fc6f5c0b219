/** The cache of engines: what is found, what is built, who may, and what is never loaded. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { EngineCache } from '../../dist/engines/engine-cache.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { begun, built, kept, madeUpFacts, madeUpKey, madeUpKeys } from '../helpers/made-up-engine.js';
import { until } from '../helpers/until.js';

const key = madeUpKey(1);
const GENEROUS = 1e9;

interface Rig {
  folder: string;
  cache: EngineCache;
  clock: FakeClock;
  names(): string[];
}

function rig(t: Pick<Test, 'testdir'>, maxBytes = GENEROUS): Rig {
  const folder = t.testdir();
  const clock = new FakeClock();
  const cache = new EngineCache({ folder, maxBytes, clock });
  return { folder, cache, clock, names: () => readdirSync(join(folder, 'engines')).sort() };
}

t.test('what was built is found, with all that its manifest says', async (t) => {
  const { cache, folder, names } = rig(t);
  t.strictSame(await cache.open(key.digest), { state: 'missing' });
  t.notOk(existsSync(join(folder, 'engines')), 'looking makes nothing');
  const engine = await built(cache, key);
  t.strictSame(names(), [key.digest]);
  t.match(engine.manifest, { ...madeUpFacts, key: key.digest, parts: key.parts, detectd: /^\d+\.\d+\.\d+/ });
  t.equal(engine.manifest.created, '2026-01-02T03:04:05.000Z');
  t.equal(readFileSync(engine.file('engine') ?? '', 'utf8'), 'the engine');
  t.equal(engine.file('manifest.json'), undefined);
  await engine.close();
  const found = await cache.acquire(key);
  if (found.kind !== 'engine') throw new Error('it is built again');
  t.strictSame(found.engine.manifest, engine.manifest);
  await found.engine.close();
});

t.test('two that ask for the same engine: one builds, the other waits and has it', async (t) => {
  const { cache, clock, names } = rig(t);
  const build = await begun(cache, key);
  const told: number[] = [];
  const other = cache.acquire(key, { onWait: (ms) => told.push(ms) });
  await until(() => told.length > 0);
  clock.advance(2000);
  writeFileSync(join(build.folder, 'engine'), 'x');
  await (await build.commit(madeUpFacts)).close();
  const acquired = await other;
  t.equal(acquired.kind, 'engine');
  t.strictSame(told, [0, 1000, 2000]);
  t.equal(clock.pending, 0);
  t.strictSame(names(), [key.digest], 'and nothing else');
  if (acquired.kind === 'engine') await acquired.engine.close();
});

t.test('when the builder gives up, the next one builds', async (t) => {
  const { cache, names } = rig(t);
  const build = await begun(cache, key);
  writeFileSync(join(build.folder, 'engine'), 'half');
  let waits = false;
  const other = begun(cache, key, {
    onWait: () => {
      waits = true;
    },
  });
  await until(() => waits);
  await build.abandon();
  await build.abandon();
  const next = await other;
  t.strictSame(readdirSync(next.folder), []);
  await next.abandon();
  t.strictSame(names(), []);
});

t.test('waiting ends with its time, and when it is called off', async (t) => {
  const { cache, clock } = rig(t);
  const build = await begun(cache, key);
  const told: number[] = [];
  const late = cache.acquire(key, { timeoutMs: 60_000, onWait: (ms) => told.push(ms) });
  await until(() => told.length > 0);
  clock.advance(60_000);
  await t.rejects(late, { code: 'ENGINE_BUSY', message: /same engine for 60 s/ });
  const abort = new AbortController();
  const off = cache.acquire(key, { signal: abort.signal, onWait: () => told.push(-1) });
  await until(() => told.includes(-1));
  abort.abort(new Error('called off'));
  await t.rejects(off, { message: 'called off' });
  await t.rejects(cache.acquire(key, { signal: abort.signal }), { message: 'called off' });
  await build.abandon();
  t.equal(clock.pending, 0);
});

t.test('an engine that is not what its manifest says is never given out', async (t) => {
  const damages: [string, (folder: string) => void, RegExp][] = [
    ['cut short', (f) => truncateSync(join(f, 'engine'), 4), /^engine has 4 bytes, not 10$/],
    ['changed', (f) => writeFileSync(join(f, 'engine'), 'the Engine'), /^engine was changed: .* sha256:/],
    ['gone', (f) => rmSync(join(f, 'engine')), /ENOENT/],
    [
      'a folder',
      (f) => {
        rmSync(join(f, 'engine'));
        mkdirSync(join(f, 'engine'));
      },
      /^engine is no file$/,
    ],
    [
      'a link to the right bytes',
      (f) => {
        renameSync(join(f, 'engine'), join(f, 'elsewhere'));
        symlinkSync('elsewhere', join(f, 'engine'));
      },
      /^engine is a link$/,
    ],
    ['no manifest', (f) => rmSync(join(f, 'manifest.json')), /ENOENT/],
    ['no JSON', (f) => writeFileSync(join(f, 'manifest.json'), '{"for'), /^manifest\.json is not valid JSON/],
    ['a huge manifest', (f) => truncateSync(join(f, 'manifest.json'), 2 ** 25), /larger than 1048576 bytes/],
    [
      'a manifest that is a folder',
      (f) => {
        rmSync(join(f, 'manifest.json'));
        mkdirSync(join(f, 'manifest.json'));
      },
      /^manifest\.json is no file$/,
    ],
  ];
  for (const [what, damage, reason] of damages) {
    const { cache, names } = rig({ testdir: () => t.testdir() });
    await kept(cache, key);
    damage(cache.engines.engine(key.digest));
    const seen = await cache.inspect(key.digest);
    t.match(seen, { state: 'bad', reason, setAside: undefined }, what);
    t.strictSame(names(), [key.digest], 'a look changes nothing');
    t.match(await cache.open(key.digest), { state: 'bad', reason, setAside: `${key.digest}.bad-1` });
    t.strictSame(await cache.open(key.digest), { state: 'missing' });
    t.match((await cache.list()).bad, [{ key: key.digest, number: 1, reason }]);
    await kept(cache, key);
    t.strictSame(names(), [key.digest, `${key.digest}.bad-1`], 'it is built again');
  }
});

t.test('a file, a link and an empty folder in place of an engine are set aside and built', async (t) => {
  const places: [(path: string) => void, RegExp][] = [
    [(path) => writeFileSync(path, 'x'), /^it is no folder$/],
    [(path) => symlinkSync('/', path), /^it is no folder$/],
    [(path) => mkdirSync(path), /ENOENT/],
  ];
  for (const [make, reason] of places) {
    const { cache, folder, names } = rig({ testdir: () => t.testdir() });
    mkdirSync(join(folder, 'engines'));
    make(cache.engines.engine(key.digest));
    t.match(await cache.inspect(key.digest), { state: 'bad', reason });
    await kept(cache, key);
    t.strictSame(names(), [key.digest, `${key.digest}.bad-1`]);
  }
});

t.test('a bad engine that is being replaced by another process is left to it', async (t) => {
  const { cache, names } = rig(t);
  await kept(cache, key);
  writeFileSync(join(cache.engines.engine(key.digest), 'engine'), 'changed');
  const held = await cache.engines.lockKey(key.digest);
  if (held === 'busy') throw new Error('nobody else is here');
  t.match(await cache.open(key.digest), { state: 'bad', setAside: undefined });
  await cache.engines.freeKey(held);
  t.strictSame(names(), [key.digest]);
});

t.test('what a process that died has left is removed at the next start, and nothing else', async (t) => {
  const { cache, folder, names } = rig(t);
  t.strictSame(await cache.start(), []);
  await kept(cache, key);
  const left = `${madeUpKey(2).digest}.tmp`;
  mkdirSync(join(folder, 'engines', left, 'abc'), { recursive: true });
  writeFileSync(join(folder, 'engines', left, 'abc/engine'), 'half');
  writeFileSync(join(folder, 'engines', `${madeUpKey(3).digest}.tmp`), 'no folder');
  writeFileSync(join(folder, 'engines/notes.txt'), '');
  const removed = await cache.start();
  t.strictSame(removed, [left, `${madeUpKey(3).digest}.tmp`].sort());
  t.strictSame(names(), [key.digest, 'notes.txt'].sort());
});

t.test('what is being built is not taken for a leftover', async (t) => {
  const { cache, clock, names } = rig(t);
  const build = await begun(cache, key);
  const start = cache.start();
  await until(() => clock.pending > 0);
  clock.advance(1000);
  t.strictSame(await start, []);
  t.strictSame(names(), [`${key.digest}.tmp`]);
  t.match(await cache.list(), { busy: [key.digest], leftovers: [], engines: [] });
  await build.abandon();
});

t.test('an engine is not removed while it is used', async (t) => {
  const { cache, names } = rig(t);
  const engine = await built(cache, key);
  t.equal(await cache.remove(key.digest), 'in use');
  const again = await cache.open(key.digest);
  await engine.close();
  t.equal(await cache.remove(key.digest), 'in use');
  t.match((await cache.list()).engines, [{ inUse: true }]);
  if (again.state === 'usable') await again.engine.close();
  t.match((await cache.list()).engines, [{ inUse: false }]);
  t.equal(await cache.remove(key.digest), 'removed');
  t.equal(await cache.remove(key.digest), 'missing');
  const build = await begun(cache, key);
  t.equal(await cache.remove(key.digest), 'in use');
  await build.abandon();
  t.strictSame(names(), []);
});

t.test('a build makes room: the least recently used engine goes, one in use stays', async (t) => {
  const { cache, clock } = rig(t, 12_000);
  const [first, second, third, fourth] = madeUpKeys;
  const files = { engine: 'x'.repeat(3000) };
  const engine = await built(cache, first, files);
  await kept(cache, second, files);
  // A board without a battery starts in the past.
  clock.jumpWall(-1e12);
  const reused = await cache.open(first.digest);
  if (reused.state === 'usable') await reused.engine.close();
  await engine.close();
  const used = await cache.open(second.digest);
  await kept(cache, third, files);
  const keys = async () => new Set((await cache.list()).engines.map((each) => each.key));
  t.strictSame(await keys(), new Set([second.digest, third.digest]), 'the first is the oldest');
  await kept(cache, fourth, files);
  t.strictSame(await keys(), new Set([second.digest, fourth.digest]), 'the second is in use');
  if (used.state === 'usable') await used.engine.close();
});

t.test('a file at the place of the folder, or a folder that is not ours, is a clear error', async (t) => {
  const file = rig(t);
  writeFileSync(join(file.folder, 'engines'), '');
  await t.rejects(file.cache.open(key.digest), { code: 'ENGINE_CACHE' });
  await t.rejects(file.cache.start(), { code: 'ENGINE_CACHE' });
  await t.rejects(new EngineCache({ folder: '/proc/detectd', maxBytes: 1 }).acquire(key), {
    code: /^(ENGINE_CACHE|FOLDER_UNWRITABLE)$/,
    message: /\/proc\/detectd\/engines/,
  });
});

const root = process.getuid?.() === 0 ? 'root may write everywhere' : false;
t.test('who may only read a cache uses it, and cannot build', { skip: root }, async (t) => {
  const { cache, folder } = rig(t);
  await kept(cache, key);
  chmodSync(join(folder, 'engines'), 0o555);
  chmodSync(cache.engines.engine(key.digest), 0o555);
  const found = await cache.open(key.digest);
  t.equal(found.state, 'usable');
  if (found.state === 'usable') await found.engine.close();
  await t.rejects(cache.acquire(madeUpKey(2)), { code: 'FOLDER_UNWRITABLE' });
  chmodSync(join(folder, 'engines'), 0o755);
});
