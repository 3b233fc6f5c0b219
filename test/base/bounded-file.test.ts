/** Reading files of others: bounded, and regular files only. */
import { join } from 'node:path';
import t from 'tap';
import { boundedChunks, readBoundedFile } from '../../dist/base/bounded-file.js';

t.test('a file up to the limit is read whole', async (t) => {
  const folder = t.testdir({ empty: '', exact: 'x'.repeat(200_000) });
  t.equal((await readBoundedFile(join(folder, 'empty'), 0)).length, 0);
  t.equal((await readBoundedFile(join(folder, 'exact'), 200_000)).toString(), 'x'.repeat(200_000));
  await t.rejects(readBoundedFile(join(folder, 'exact'), 199_999), { code: 'EFBIG' });
});

t.test('what is no regular file is refused without being read', async (t) => {
  await t.rejects(readBoundedFile(t.testdir({}), 100), { code: 'ENOTREG' });
  await t.rejects(readBoundedFile('/dev/zero', 100), { code: 'ENOTREG' });
  await t.rejects(readBoundedFile(join(t.testdir({}), 'missing'), 100), { code: 'ENOENT' });
});

t.test('a large file comes in pieces, and is closed when the reader has enough', async (t) => {
  const path = join(t.testdir({ large: 'y'.repeat(200_000) }), 'large');
  const sizes: number[] = [];
  for await (const { length } of boundedChunks(path, 200_000)) sizes.push(length);
  t.equal(
    sizes.reduce((sum, size) => sum + size, 0),
    200_000,
  );
  t.ok(sizes.every((size) => size <= 65_536));
  for await (const chunk of boundedChunks(path, 100_000)) {
    t.equal(chunk.length, 65_536);
    break;
  }
});
