/** Which files a command line means. */
import { join } from 'node:path';
import t from 'tap';
import { pictureFiles } from '../../dist/commands/picture-files.js';

t.test('files are taken as they are, in the order given', async (t) => {
  t.strictSame(await pictureFiles(['b.jpg', 'missing.png', 'clip.MP4'], undefined), [
    { path: 'b.jpg', kind: 'image' },
    { path: 'missing.png', kind: 'image' },
    { path: 'clip.MP4', kind: 'video' },
  ]);
});

t.test('a folder gives its pictures and videos by name and leaves the rest', async (t) => {
  const folder = t.testdir({
    ...{ 'b.jpg': '', 'a.PNG': '', 'notes.txt': '', 'c.mkv': '', '._b.jpg': '' },
    sub: { 'd.jpg': '' },
    'folder.jpg': {},
  });
  const jobs = await pictureFiles([folder], undefined);
  t.strictSame(
    jobs.map(({ path, kind }) => [path, kind]),
    [
      [join(folder, 'a.PNG'), 'image'],
      [join(folder, 'b.jpg'), 'image'],
      [join(folder, 'c.mkv'), 'video'],
    ],
  );
});

t.test('a folder without pictures is a mistake', async (t) => {
  const folder = t.testdir({ 'notes.txt': '' });
  await t.rejects(pictureFiles([folder], undefined), { code: 'USAGE', message: /holds no picture/ });
});

t.test('outputs never overwrite one another', async (t) => {
  const jobs = await pictureFiles(['one/x.jpg', 'two/x.png', 'x.mp4', 'y.avi'], 'out');
  t.strictSame(
    jobs.map(({ output }) => output),
    ['out/x.jpg', 'out/x-2.jpg', 'out/x-3', 'out/y'],
  );
});

t.test('what is to be analysed is never overwritten, by whatever name it goes', async (t) => {
  const folder = t.testdir({ 'a.jpg': '', 'b.png': '', link: t.fixture('symlink', '.') });
  const found = { code: 'USAGE', message: /a\.jpg would overwrite .*a\.jpg/, hint: /another folder/ };
  await t.rejects(pictureFiles([folder], folder), found);
  await t.rejects(pictureFiles([join(folder, 'a.jpg')], join(folder, 'link')), found);
  t.equal((await pictureFiles([join(folder, 'b.png')], folder)).length, 1, 'b.jpg is another file');
});
