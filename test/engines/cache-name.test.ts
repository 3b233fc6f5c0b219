/** Names in the folder of engines. */
import { join } from 'node:path';
import t from 'tap';
import { cacheName, nextBadName, readCacheNames, temporaryName } from '../../dist/engines/cache-name.js';

const [key, other] = ['ab'.repeat(32), 'cd'.repeat(32)];

t.test('each name is of one kind', async (t) => {
  t.strictSame(cacheName(key), { kind: 'engine', name: key, key });
  t.strictSame(cacheName(temporaryName(key)), { kind: 'temporary', name: `${key}.tmp`, key });
  t.strictSame(cacheName(`${key}.bad-12`), { kind: 'bad', name: `${key}.bad-12`, key, number: 12 });
  for (const name of [
    '',
    key.slice(1),
    key.toUpperCase(),
    `${key}.bad-`,
    `${key}.bad-1x`,
    `.${key}`,
    `${key}\n`,
  ])
    t.strictSame(cacheName(name), { kind: 'foreign', name });
});

t.test('what is set aside has a number above all others', async (t) => {
  t.equal(nextBadName(key, []), `${key}.bad-1`);
  const names = [`${other}.bad-7`, key, `${key}.bad-2`].map(cacheName);
  t.equal(nextBadName(key, names), `${key}.bad-8`);
});

t.test('names are read sorted; where there is no folder there are none', async (t) => {
  const folder = t.testdir({ notes: '', [key]: {}, [`${key}.tmp`]: {} });
  t.strictSame(
    (await readCacheNames(folder)).map(({ kind }) => kind),
    ['engine', 'temporary', 'foreign'],
  );
  t.strictSame(await readCacheNames(join(folder, 'missing')), []);
  await t.rejects(readCacheNames(join(folder, 'notes')), { code: 'ENOTDIR' });
});
