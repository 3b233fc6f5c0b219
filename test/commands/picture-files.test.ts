/** Which files a command line means. */
import { join } from 'node:path';
import t from 'tap';
import { pictureFiles } from '../../dist/commands/picture-files.js';

t.test('files are taken as they are, in the order given', async (t) => {
  t.strictSame(await pictureFiles(['b.jpg', 'missing.png', 'clip.MP4']), [
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
  const jobs = await pictureFiles([folder]);
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
  await t.rejects(pictureFiles([folder]), { code: 'USAGE', message: /holds no picture/ });
});
