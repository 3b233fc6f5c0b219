/** Where results go. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DetectOutput, datasetFile, type OutputOptions } from '../../dist/commands/detect-output.js';
import { found, image, picture } from '../helpers/picture-results.js';

function options(change: Partial<OutputOptions>): OutputOptions {
  return {
    format: 'json',
    resultsFile: undefined,
    cocoAnnotations: undefined,
    jobs: [image('1.jpg')],
    write: () => t.fail('nothing belongs on standard output'),
    ...change,
  };
}

function fill({ results }: DetectOutput): void {
  results.open(['dog']);
  results.picture(image('1.jpg'), picture([found('dog')]));
}

t.test('standard output gets the results as they come', async (t) => {
  const lines: string[] = [];
  const output = await DetectOutput.open(options({ write: (text) => lines.push(text) }));
  fill(output);
  t.equal(lines.length, 1);
  await output.commit();
});

t.test('a file appears when all is done, in a folder that is made', async (t) => {
  const folder = t.testdir({});
  const resultsFile = join(folder, 'new/out.csv');
  const output = await DetectOutput.open(options({ format: 'csv', resultsFile }));
  fill(output);
  await output.commit();
  output.discard();
  t.equal(readFileSync(resultsFile, 'utf8').split('\r\n').length, 3);
  t.strictSame(readdirSync(join(folder, 'new')), ['out.csv']);
});

t.test('of a run that fails nothing stays', async (t) => {
  const folder = t.testdir({});
  const output = await DetectOutput.open(options({ format: 'coco', resultsFile: join(folder, 'out.json') }));
  fill(output);
  output.discard();
  t.strictSame(readdirSync(folder), []);
});

t.test('made up ids are explained beside the results; where they cannot be, that is said', async (t) => {
  const folder = t.testdir({});
  const output = await DetectOutput.open(options({ format: 'coco', resultsFile: join(folder, 'out.json') }));
  fill(output);
  await output.commit();
  t.strictSame(readdirSync(folder).sort(), ['out.dataset.json', 'out.json']);
  t.match(output.note, 'out.dataset.json says which picture and category each id is.');
  const bare = await DetectOutput.open(options({ format: 'coco', write: () => {} }));
  t.match(bare.note, 'made up');
  t.equal(datasetFile('x/out.JSON'), 'x/out.dataset.json');
  t.equal(datasetFile('out'), 'out.dataset.json');
});

t.test('given ids need no file beside, and pictures that nobody gave are counted', async (t) => {
  const folder = t.testdir({
    'val.json': JSON.stringify({
      images: [
        { id: 9, file_name: '1.jpg' },
        { id: 10, file_name: '2.jpg' },
      ],
      categories: [{ id: 18, name: 'dog' }],
    }),
  });
  const resultsFile = join(folder, 'out.json');
  const cocoAnnotations = join(folder, 'val.json');
  const output = await DetectOutput.open(options({ format: 'coco', resultsFile, cocoAnnotations }));
  fill(output);
  await output.commit();
  t.match(JSON.parse(readFileSync(resultsFile, 'utf8')), [{ image_id: 9, category_id: 18 }]);
  t.match(output.note, /^1 of the 2 pictures of .*val\.json were not given/);
  t.strictSame(readdirSync(folder).sort(), ['out.json', 'val.json']);
});

t.test('results never replace what is read, nor what is no ordinary file', async (t) => {
  const folder = t.testdir({ 'a.jpg': '', 'val.json': '{}', link: t.fixture('symlink', 'a.jpg') });
  const jobs = [image(join(folder, 'a.jpg'))];
  for (const [change, said] of [
    [{ resultsFile: join(folder, 'a.jpg') }, /would overwrite .*a\.jpg/],
    [{ resultsFile: join(folder, 'link') }, /would overwrite .*a\.jpg/],
    [{ resultsFile: folder }, /not an ordinary file/],
    [{ resultsFile: '/dev/null' }, /not an ordinary file/],
    [
      { format: 'coco', resultsFile: join(folder, 'val.json'), cocoAnnotations: join(folder, 'val.json') },
      /would overwrite .*val\.json/,
    ],
    [{ cocoAnnotations: join(folder, 'val.json') }, /needs --format coco/],
  ] as [Partial<OutputOptions>, RegExp][])
    await t.rejects(DetectOutput.open(options({ jobs, ...change })), { code: 'USAGE', message: said });
  t.strictSame(readdirSync(folder).sort(), ['a.jpg', 'link', 'val.json']);
});

t.test('a folder that cannot be written is told before anything is analysed', async (t) => {
  const folder = t.testdir({ file: '' });
  await t.rejects(DetectOutput.open(options({ resultsFile: join(folder, 'file/out.json') })), {
    code: 'FOLDER_UNWRITABLE',
  });
});
