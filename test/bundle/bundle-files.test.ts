/** The files of a bundle folder. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { digestOfFile, listBundleFiles } from '../../dist/bundle/bundle-files.js';

const LIMITS = { maxEntries: 10, maxDepth: 3, maxUnpackedBytes: 100 };

t.test('files are listed by path, with their sizes; odd and hidden ones apart', async (t) => {
  const folder = t.testdir({
    'model.onnx': 'abc',
    'B.md': '',
    'a-b': { 'x.txt': '12' },
    a: { 'y.txt': '1' },
    link: t.fixture('symlink', 'model.onnx'),
    'back\\slash': '',
    '.git': { config: '' },
    a1: { '.DS_Store': '' },
  });
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const { files, odd, hidden } = await listBundleFiles(folder);
  t.strictSame(files, [
    { path: 'B.md', bytes: 0 },
    { path: 'a-b/x.txt', bytes: 2 },
    { path: 'a/y.txt', bytes: 1 },
    { path: 'model.onnx', bytes: 3 },
  ]);
  t.strictSame(odd.sort(), ['back\\slash', 'link', 'pipe']);
  t.strictSame(hidden.sort(), ['.git', 'a1/.DS_Store']);
});

t.test('a folder that is no bundle is refused before all of it is read', async (t) => {
  const many = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`f${index}`, '']));
  const refused = { code: 'BUNDLE_ARCHIVE' };
  await t.rejects(listBundleFiles(t.testdir(many), LIMITS), { ...refused, message: /more than 10 files/ });
  const deep = t.testdir({ a: { b: { c: { d: '' } } } });
  await t.rejects(listBundleFiles(deep, LIMITS), { ...refused, message: /deeper than 3/ });
  await t.rejects(listBundleFiles(t.testdir({ big: 'x'.repeat(101) }), LIMITS), {
    ...refused,
    message: /more than 100 bytes/,
  });
});

t.test('a digest is that of the content', async (t) => {
  const folder = t.testdir({ a: 'abc' });
  t.equal(
    await digestOfFile(join(folder, 'a')),
    'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});
