/** The number of an engine's last use. */
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { nextUse, readLastUse, writeLastUse } from '../../dist/engines/last-use.js';

t.test('it is kept, and each use is above all others', async (t) => {
  const folder = t.testdir();
  t.equal(await readLastUse(folder), 0);
  await writeLastUse(folder, 1234);
  t.equal(await readLastUse(folder), 1234);
  await writeLastUse(folder, 5);
  t.equal(await readLastUse(folder), 5);
  t.strictSame(readdirSync(folder), ['last-use']);
  t.equal(nextUse([]), 1);
  t.equal(nextUse([3, 9, 4]), 10);
});

t.test('whatever lies in its place, an engine only looks old', async (t) => {
  const folder = t.testdir();
  const path = join(folder, 'last-use');
  for (const text of ['', '12', 'x'.repeat(15), '1'.repeat(16), '-00000000000001']) {
    writeFileSync(path, text);
    t.equal(await readLastUse(folder), 0, text);
  }
  const [directory, link] = [join(folder, 'd'), join(folder, 'l')];
  mkdirSync(join(directory, 'last-use'), { recursive: true });
  mkdirSync(link);
  writeFileSync(join(folder, 'target'), 'precious');
  symlinkSync('../target', join(link, 'last-use'));
  for (const each of [directory, link, join(folder, 'missing')]) {
    await writeLastUse(each, 3);
    t.equal(await readLastUse(each), 0);
  }
});
