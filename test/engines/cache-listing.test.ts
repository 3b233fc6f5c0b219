/** What is in the cache. */
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { EngineCache } from '../../dist/engines/engine-cache.js';
import { begun, built, kept, madeUpKeys } from '../helpers/made-up-engine.js';

t.test('an empty cache is an empty list', async (t) => {
  const cache = new EngineCache({ folder: t.testdir(), maxBytes: 1e9 });
  t.match(await cache.list(), { engines: [], bad: [], busy: [], leftovers: [], foreign: [], bytes: 0 });
});

t.test('everything is listed by what it is', async (t) => {
  const cache = new EngineCache({ folder: t.testdir(), maxBytes: 1e9 });
  const [first, second, third, fourth] = madeUpKeys;
  await kept(cache, first);
  const engine = await built(cache, second);
  await kept(cache, third);
  truncateSync(join(cache.engines.engine(third.digest), 'engine'), 1);
  await cache.open(third.digest);
  await kept(cache, third);
  writeFileSync(join(cache.engines.engine(third.digest), 'manifest.json'), '{');
  const build = await begun(cache, fourth);
  mkdirSync(join(cache.engines.path, `${first.digest}.tmp`));
  mkdirSync(join(cache.engines.path, 'lost+found'));
  const listing = await cache.list();
  t.match(listing, {
    engines: [
      { key: third.digest, inUse: false, manifest: undefined, problem: /^manifest\.json is not valid/ },
      { key: second.digest, inUse: true, manifest: { model: { name: 'people' } }, problem: undefined },
      { key: first.digest, inUse: false },
    ],
    bad: [{ key: third.digest, number: 1, reason: /^engine has 1 bytes/ }],
    busy: [fourth.digest],
    leftovers: [`${first.digest}.tmp`],
    foreign: ['lost+found'],
  });
  const sizes = [...listing.engines, ...listing.bad].map(({ bytes }) => bytes);
  t.ok(sizes.every((bytes) => bytes > 0));
  t.equal(
    listing.bytes,
    sizes.reduce((sum, bytes) => sum + bytes),
  );
  await build.abandon();
  await engine.close();
});
