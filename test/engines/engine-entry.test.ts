/** One engine on disk, read whole. What can be wrong with one is tried through the cache. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { BadEngine, checkEngine, digestOf, readManifest, sizeOf } from '../../dist/engines/engine-entry.js';
import { engineManifestText } from '../../dist/engines/engine-manifest.js';
import { madeUpFacts, madeUpKey } from '../helpers/made-up-engine.js';

const key = madeUpKey(1);
const ABC = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

function entry(bytes: number): string {
  const files = [{ name: 'engine', bytes, digest: ABC }];
  return engineManifestText(key.parts, { ...madeUpFacts, files, detectd: '0.1.0', created: 'now' });
}

t.test('an engine whose files are right is what its manifest says', async (t) => {
  const folder = t.testdir({ engine: 'abc', 'manifest.json': entry(3), 'last-use': '', more: {} });
  t.match(await checkEngine(folder, key.digest), { key: key.digest, files: [{ name: 'engine' }] });
  t.match(await readManifest(folder, key.digest), { key: key.digest });
});

t.test('a wrong one is blamed, its manifest alone may be right', async (t) => {
  const folder = t.testdir({ engine: 'abcd', 'manifest.json': entry(3) });
  await t.rejects(checkEngine(folder, key.digest), BadEngine);
  t.match(await readManifest(folder, key.digest), { key: key.digest });
  writeFileSync(join(folder, 'engine'), 'abd');
  await t.rejects(checkEngine(folder, key.digest), { message: /engine was changed/ });
  await t.rejects(checkEngine(folder, madeUpKey(2).digest), { message: /of another engine/ });
});

t.test('reading ends when it is called off, and blames nobody', async (t) => {
  const folder = t.testdir({ engine: 'abd', 'manifest.json': entry(3) });
  await t.rejects(checkEngine(folder, key.digest, AbortSignal.abort(new Error('off'))), {
    message: 'off',
    name: 'Error',
  });
});

t.test('digests have a limit, sizes do not follow links', async (t) => {
  const folder = t.testdir({ a: 'abc', b: { c: '12345' }, link: t.fixture('symlink', '/proc/kcore') });
  t.equal(await digestOf(join(folder, 'a')), ABC);
  await t.rejects(digestOf(join(folder, 'a'), 2), { code: 'EFBIG' });
  t.equal(await sizeOf(join(folder, 'a')), 3);
  t.equal(await sizeOf(join(folder, 'b')), 5);
  t.ok((await sizeOf(join(folder, 'link'))) < 100);
  await t.rejects(sizeOf(join(folder, 'd')), { code: 'ENOENT' });
});
