/** Bundle archives that depend on nothing but their files. */
import { createHash } from 'node:crypto';
import { chmodSync, linkSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { list } from 'tar';
import { unpackArchive } from '../../dist/bundle/archive.js';
import { type PackedFile, packFiles } from '../../dist/bundle/pack.js';

function filesOf(folder: string): PackedFile[] {
  return [
    { path: '@b.txt', bytes: 3, from: Buffer.from('abc') },
    { path: 'empty', bytes: 0, from: join(folder, 'empty') },
    { path: `long/${'n'.repeat(120)}`, bytes: 200_000, from: join(folder, 'large') },
    { path: 'sub/linked', bytes: 5, from: join(folder, 'linked') },
    { path: 'sub/run.sh', bytes: 5, from: join(folder, 'run.sh') },
  ];
}

t.test('times, permissions and hard links of the files make no difference', async (t) => {
  const folder = t.testdir({ 'run.sh': '12345', empty: '', large: 'x'.repeat(200_000) });
  linkSync(join(folder, 'run.sh'), join(folder, 'linked'));
  const first = await packFiles(filesOf(folder), join(folder, 'first.tar.gz'));
  chmodSync(join(folder, 'run.sh'), 0o700);
  utimesSync(join(folder, 'run.sh'), 1000, 1000);
  const second = await packFiles(filesOf(folder), join(folder, 'second.tar.gz'));
  t.strictSame(second, first);
  const bytes = readFileSync(join(folder, 'first.tar.gz'));
  t.equal(first.bytes, bytes.length);
  t.equal(first.digest, `sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  await list({
    file: join(folder, 'first.tar.gz'),
    onReadEntry: ({ type, mode, mtime, uid, uname }) =>
      t.match(
        { type, mode, uid, uname },
        { type: 'File', mode: 0o644, uid: undefined, uname: '' },
        String(mtime),
      ),
  });
});

t.test('what is packed comes out of the unpacking that bundles get', async (t) => {
  const folder = t.testdir({ 'run.sh': '12345', linked: '54321', empty: '', large: 'x'.repeat(200_000) });
  await packFiles(filesOf(folder), join(folder, 'b.tar.gz'));
  const unpacked = await unpackArchive(join(folder, 'b.tar.gz'), join(folder, 'scratch'));
  for (const { path, from } of filesOf(folder)) {
    const content = typeof from === 'string' ? readFileSync(from) : from;
    t.ok(readFileSync(join(unpacked, path)).equals(content), path.slice(0, 20));
  }
});

t.test('a file that changes, is gone or has no place to go ends it', async (t) => {
  const folder = t.testdir({ a: '12345', taken: '' });
  const pack = (bytes: number, from: string, name: string) =>
    packFiles([{ path: 'a', bytes, from: join(folder, from) }], join(folder, name));
  await t.rejects(pack(4, 'a', '1'), { code: 'BUNDLE_ARCHIVE', message: /a changed while/ });
  await t.rejects(pack(6, 'a', '2'), { code: 'BUNDLE_ARCHIVE', message: /a changed while/ });
  await t.rejects(pack(6, 'gone', '3'), { code: 'ENOENT' });
  await t.rejects(pack(5, 'a', 'taken'), { code: 'EEXIST' });
  await t.rejects(pack(5, 'a', 'none/x'), { code: 'ENOENT' });
});

t.test('a disk that is full ends it, in the middle of a large file too', async (t) => {
  const folder = t.testdir({});
  // Noise, which does not shrink.
  const noise = Buffer.alloc(3_000_000);
  for (let index = 0, state = 1; index < noise.length; index += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    noise[index] = state >>> 24;
  }
  writeFileSync(join(folder, 'noise'), noise);
  const script = [
    `import { packFiles } from ${JSON.stringify(new URL('../../dist/bundle/pack.js', import.meta.url).href)};`,
    'process.on("SIGXFSZ", () => {});',
    `packFiles([{ path: 'n', bytes: 3e6, from: 'noise' }], 'out').catch(({ code }) => console.log(code));`,
  ].join('\n');
  writeFileSync(join(folder, 'run.mjs'), script);
  const { execFileSync } = await import('node:child_process');
  // Files of this shell may not grow beyond 1000 blocks of 1024 bytes.
  const said = execFileSync('bash', ['-c', `ulimit -f 1000; exec ${process.execPath} run.mjs`], {
    cwd: folder,
  });
  t.equal(said.toString(), 'EFBIG\n');
});
