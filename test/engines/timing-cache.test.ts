import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { borrowTimingCache, returnTimingCache } from '../../dist/engines/timing-cache.js';

t.test('a build gets a copy, and what it made of it replaces the original', async (t) => {
  const folder = t.testdir({ shared: 'old' });
  const [shared, copy] = [join(folder, 'shared'), join(folder, 'copy')];
  await borrowTimingCache(shared, copy);
  t.equal(readFileSync(copy, 'utf8'), 'old');
  writeFileSync(copy, 'new');
  t.equal(readFileSync(shared, 'utf8'), 'old', 'until it is given back');
  t.same(await returnTimingCache(copy, shared), []);
  t.equal(readFileSync(shared, 'utf8'), 'new');
  t.notOk(existsSync(copy));
});

t.test('one that is missing, empty, huge or no file is not borrowed', async (t) => {
  const folder = t.testdir({ empty: '', huge: '' });
  truncateSync(join(folder, 'huge'), 300 * 1024 * 1024);
  mkdirSync(join(folder, 'directory'));
  for (const name of ['gone', 'empty', 'huge', 'directory']) {
    await borrowTimingCache(join(folder, name), join(folder, 'copy'));
    t.notOk(existsSync(join(folder, 'copy')), name);
  }
  await borrowTimingCache(undefined, join(folder, 'copy'));
  t.notOk(existsSync(join(folder, 'copy')));
});

t.test('one that cannot be given back is told', async (t) => {
  const folder = t.testdir({ copy: 'new' });
  t.match(await returnTimingCache(join(folder, 'copy'), join(folder, 'gone', 'shared')), [
    /was not kept: ENOENT/,
  ]);
  t.same(await returnTimingCache(join(folder, 'copy'), undefined), []);
});
