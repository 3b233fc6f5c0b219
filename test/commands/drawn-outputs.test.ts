/** Where annotated copies go. */
import { join } from 'node:path';
import t from 'tap';
import { drawnOutputs } from '../../dist/commands/drawn-outputs.js';
import { pictureFiles } from '../../dist/commands/picture-files.js';

async function outputs(inputs: string[], output: string, frames = false): Promise<(string | undefined)[]> {
  const { jobs } = await drawnOutputs(await pictureFiles(inputs), { output, frames });
  return jobs.map((job) => job.output);
}

t.test('without an output nothing is drawn', async (t) => {
  const jobs = await pictureFiles(['a.jpg']);
  t.strictSame(await drawnOutputs(jobs, { frames: false }), { jobs, folder: undefined });
  await t.rejects(drawnOutputs(jobs, { frames: true }), { code: 'USAGE', message: /--frames .* --output/ });
});

t.test('a folder gets a file per source, of which none overwrites another', async (t) => {
  const inputs = ['one/x.jpg', 'two/x.png', 'x.mp4', 'y.avi'];
  t.strictSame(await outputs(inputs, 'out'), ['out/x.jpg', 'out/x-2.jpg', 'out/x-3.mp4', 'out/y.mp4']);
  t.strictSame(await outputs(inputs, 'out', true), ['out/x.jpg', 'out/x-2.jpg', 'out/x-3', 'out/y']);
  t.equal((await drawnOutputs(await pictureFiles(inputs), { output: 'out', frames: false })).folder, 'out');
});

t.test('a single one may go into a file', async (t) => {
  t.strictSame(await outputs(['a.tif'], 'drawn/b.PNG'), ['drawn/b.PNG']);
  t.strictSame(await outputs(['a.avi'], 'drawn/b.mkv'), ['drawn/b.mkv']);
  const { folder } = await drawnOutputs(await pictureFiles(['a.avi']), {
    output: 'drawn/b.mkv',
    frames: false,
  });
  t.equal(folder, 'drawn');
});

t.test('a folder may have any name', async (t) => {
  t.strictSame(await outputs(['a.png', 'b.png'], 'x.mp4/'), ['x.mp4/a.jpg', 'x.mp4/b.jpg']);
  const folder = t.testdir({ 'there.png': {} });
  t.strictSame(await outputs(['a.png'], join(folder, 'there.png')), [join(folder, 'there.png/a.jpg')]);
});

t.test('a file is not for several, nor for what it cannot hold', async (t) => {
  for (const [inputs, output, frames] of [
    [['a.mp4', 'b.mp4'], 'x.mp4', false],
    [['a.png'], 'x.mp4', false],
    [['a.mp4'], 'x.png', false],
    [['a.mp4'], 'x.mp4', true],
  ] as const)
    await t.rejects(outputs([...inputs], output, frames), { code: 'USAGE', hint: /folder/ }, output);
});

t.test('a video grows beside its place, hidden, under a name of this run', async (t) => {
  const { jobs } = await drawnOutputs(await pictureFiles(['a.mp4', 'b.jpg']), {
    output: 'out',
    frames: false,
  });
  t.strictSame(
    jobs.map(({ partial }) => partial),
    [`out/.a.mp4.${process.pid}.tmp`, undefined],
  );
  const frames = await drawnOutputs(await pictureFiles(['a.mp4']), { output: 'out', frames: true });
  t.notOk('partial' in (frames.jobs[0] ?? {}));
});

t.test('what is to be analysed is never overwritten, by whatever name it goes', async (t) => {
  const folder = t.testdir({ 'a.jpg': '', 'b.png': '', 'c.mp4': '', link: t.fixture('symlink', '.') });
  const found = {
    code: 'USAGE',
    message: /picture of .*a\.jpg would overwrite .*a\.jpg/,
    hint: /another folder/,
  };
  await t.rejects(outputs([folder], folder), found);
  await t.rejects(outputs([join(folder, 'a.jpg')], join(folder, 'link')), found);
  await t.rejects(outputs([join(folder, 'a.jpg')], join(folder, 'link/a.jpg')), found);
  await t.rejects(outputs([join(folder, 'c.mp4')], folder), { message: /video of .*c\.mp4 would overwrite/ });
  t.equal((await outputs([join(folder, 'b.png')], folder)).length, 1, 'b.jpg is another file');
});
