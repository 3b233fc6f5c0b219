/** Files that appear when they are whole. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { AtomicWriter } from '../../dist/base/atomic-writer.js';

t.test('nothing is seen of a file until it is committed', async (t) => {
  const folder = t.testdir({ 'out.txt': 'old' });
  const path = join(folder, 'out.txt');
  const writer = new AtomicWriter(path);
  writer.start();
  const long = 'ä'.repeat(100_000);
  writer.write(long);
  writer.write('end\n');
  t.equal(readFileSync(path, 'utf8'), 'old');
  await writer.commit();
  t.equal(readFileSync(path, 'utf8'), `${long}end\n`);
  writer.discard();
  t.strictSame(readdirSync(folder), ['out.txt'], 'and a committed file stays');
});

t.test('a file that is discarded leaves nothing', async (t) => {
  const folder = t.testdir({});
  const writer = new AtomicWriter(join(folder, 'out.txt'));
  writer.discard();
  writer.start();
  writer.write('text');
  writer.discard();
  await writer.commit();
  t.strictSame(readdirSync(folder), []);
});

t.test('a folder that is not there, and a place that is taken by a folder, are told', async (t) => {
  const folder = t.testdir({ taken: {} });
  t.throws(() => new AtomicWriter(join(folder, 'none', 'out.txt')).start(), { code: 'ENOENT' });
  writeFileSync(join(folder, 'taken', 'file'), '');
  const writer = new AtomicWriter(join(folder, 'taken'));
  writer.start();
  await t.rejects(writer.commit(), { code: 'EISDIR' });
  t.ok(existsSync(join(folder, 'taken', 'file')));
  t.strictSame(readdirSync(folder), ['taken']);
});
