/** Keeping to the size. */
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { pruneCache } from '../../dist/engines/cache-pruning.js';
import { EngineCache } from '../../dist/engines/engine-cache.js';
import type { EngineKey } from '../../dist/engines/engine-key.js';
import { built, kept, madeUpKeys } from '../helpers/made-up-engine.js';

const keys = madeUpKeys;

/** Builds an engine and has it set aside. */
async function spoilt(cache: EngineCache, key: EngineKey): Promise<void> {
  await kept(cache, key);
  truncateSync(join(cache.engines.engine(key.digest), 'engine'), 0);
  await cache.open(key.digest);
}

t.test('of what was set aside the three newest stay, and go first when there is no room', async (t) => {
  const cache = new EngineCache({ folder: t.testdir(), maxBytes: 1e9 });
  for (const key of keys) await spoilt(cache, key);
  await kept(cache, keys[0]);
  const numbers = async () => (await cache.list()).bad.map(({ number }) => number);
  t.strictSame(await numbers(), [5, 4, 3], 'a build ends with it');
  const [engine] = (await cache.list()).engines;
  const report = await cache.prune({ maxBytes: (engine?.bytes ?? 0) + 1 });
  t.strictSame(
    report.removed.map(({ why }) => why),
    ['damaged', 'damaged', 'damaged'],
  );
  t.match(report, { kept: [], bytes: engine?.bytes, excessBytes: 0 });
  t.equal((await cache.list()).engines.length, 1);
});

t.test('none need stay', async (t) => {
  const cache = new EngineCache({ folder: t.testdir(), maxBytes: 1e9 });
  await spoilt(cache, keys[0]);
  t.match((await cache.prune({ keepBad: 0 })).removed, [{ name: `${keys[0].digest}.bad-1` }]);
});

t.test('an engine that has been used for long counts as used now', async (t) => {
  const cache = new EngineCache({ folder: t.testdir(), maxBytes: 1e9 });
  const engine = await built(cache, keys[0]);
  for (const key of keys.slice(1)) await kept(cache, key);
  await cache.prune();
  await engine.close();
  const [newest] = (await cache.list()).engines;
  t.equal(newest?.key, engine.key);
});

t.test('what does not fit although it is needed is told', async (t) => {
  const cache = new EngineCache({ folder: t.testdir(), maxBytes: 1e9 });
  const engine = await built(cache, keys[0]);
  await kept(cache, keys[1]);
  const report = await cache.prune({ maxBytes: 0 });
  t.match(report.removed, [{ name: keys[1].digest, why: 'least recently used' }]);
  t.equal(report.excessBytes, report.bytes);
  t.ok(report.bytes > 0);
  await engine.close();
});

t.test('engines of bundles that may be called back make no room for others', async (t) => {
  const folder = t.testdir();
  const first = new EngineCache({ folder, maxBytes: 1e9 });
  for (const key of keys) await kept(first, key);
  const bundle = keys[0].parts.find(({ name }) => name === 'bundle')?.value as string;
  const cache = new EngineCache({ folder, maxBytes: 0, keep: [bundle] });
  const { removed, excessBytes } = await cache.prune({ keepLast: false });
  const stays = keys.filter((key) => !removed.some(({ name }) => name === key.digest));
  t.ok(stays.length > 0);
  for (const { parts } of stays) t.match(parts, [{ name: 'format' }, { name: 'bundle', value: bundle }]);
  t.ok(excessBytes > 0, 'what is too much is told');
  await cache.prune({ keepLast: false, keep: [] });
  t.strictSame((await cache.list()).engines, []);
});

t.test('what cannot be removed is told, and the rest goes', async (t) => {
  const cache = new EngineCache({ folder: t.testdir(), maxBytes: 1e9 });
  for (const key of keys) await kept(cache, key);
  const report = await pruneCache(
    {
      engines: cache.engines,
      isInUse: async () => false,
      remove: async (key) => {
        if (key === keys[0].digest) throw Object.assign(new Error('EACCES: no'), { code: 'EACCES' });
        return key === keys[1].digest ? 'in use' : cache.remove(key);
      },
    },
    { maxBytes: 0 },
  );
  t.match(report.kept, [{ name: keys[0].digest, reason: 'EACCES: no' }]);
  t.strictSame(
    report.removed.map(({ name }) => name),
    [keys[2].digest, keys[3].digest],
  );
});
