/**
 * `detectd detect --format`, from a user's chair. That pycocotools reads the COCO files is tried where
 * DETECTD_PYCOCOTOOLS names a Python that has it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import t, { type Test } from 'tap';
import { runCli } from '../helpers/run-cli.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';
import { workspace } from '../helpers/workspace.js';

const BLUE = { create: { width: 64, height: 48, channels: 3, background: '#2040c0' } } as const;
const PYTHON = process.env['DETECTD_PYCOCOTOOLS'] ?? 'python3';
const noPycocotools =
  spawnSync(PYTHON, ['-c', 'import pycocotools.cocoeval']).status === 0
    ? false
    : 'no pycocotools here; DETECTD_PYCOCOTOOLS can name a Python that has it';

async function pictures(t: Test, names: string[]) {
  const made = workspace(t);
  tinyBundle(join(made.folder, 'bundle'));
  mkdirSync(join(made.folder, 'val'));
  for (const name of names) await sharp(BLUE).toFile(join(made.folder, 'val', name));
  const detect = (...more: string[]) =>
    runCli(['detect', '--bundle', 'bundle', ...more, 'val'], { env: made.env, cwd: made.folder });
  return { ...made, detect };
}

const ANNOTATIONS = JSON.stringify({
  images: [
    { id: 11, file_name: 'a.png', width: 64, height: 48 },
    { id: 12, file_name: 'b.png', width: 64, height: 48 },
  ],
  annotations: [11, 12].map((id) => ({
    ...{ id, image_id: id, category_id: 7, bbox: [4, 4, 16, 16], area: 256, iscrowd: 0 },
  })),
  categories: [{ id: 7, name: 'thing' }],
});

/** Reads truth and results as an evaluation does; prints the mean average precision at IoU 0.5. */
const EVALUATE = `
import contextlib, io, sys
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
with contextlib.redirect_stdout(io.StringIO()):
    truth = COCO(sys.argv[1])
    found = COCOeval(truth, truth.loadRes(sys.argv[2]), 'bbox')
    found.evaluate(); found.accumulate(); found.summarize()
print(round(float(found.stats[1]), 6))
`;

t.test('COCO results carry the ids of the annotations, and pycocotools agrees', async (t) => {
  const { folder, detect, leftovers } = await pictures(t, ['a.png', 'b.png']);
  writeFileSync(join(folder, 'truth.json'), ANNOTATIONS);
  const run = await detect(
    ...['--format', 'coco', '--coco-annotations', 'truth.json', '--threshold', '0.01'],
    ...['--results', 'found.json'],
  );
  t.equal(run.stderr, '');
  t.equal(run.status, 0);
  t.equal(run.stdout, '');
  t.strictSame(JSON.parse(readFileSync(join(folder, 'found.json'), 'utf8')), [
    { image_id: 11, category_id: 7, bbox: [4, 4, 16, 16], score: 0.9 },
    { image_id: 12, category_id: 7, bbox: [4, 4, 16, 16], score: 0.9 },
  ]);
  t.strictSame(leftovers(), []);
  if (noPycocotools !== false) {
    t.comment(noPycocotools);
    return;
  }
  const evaluated = spawnSync(PYTHON, ['-c', EVALUATE, 'truth.json', 'found.json'], { cwd: folder });
  t.equal(evaluated.stdout.toString(), '1.0\n', evaluated.stderr.toString());
});

t.test('without annotations pycocotools reads what is written beside', { skip: noPycocotools }, async (t) => {
  const { folder, detect } = await pictures(t, ['000139.png', '000285.png']);
  t.equal((await detect('--format', 'coco', '--results', 'found.json')).status, 0);
  const read = [
    'import sys',
    'from pycocotools.coco import COCO',
    'found = COCO(sys.argv[1]).loadRes(sys.argv[2])',
    'print(sorted(found.getImgIds()), found.loadCats(1)[0]["name"], len(found.anns))',
  ].join('\n');
  const { stdout } = spawnSync(PYTHON, ['-c', read, 'found.dataset.json', 'found.json'], { cwd: folder });
  t.match(stdout.toString(), /^\[139, 285\] thing 2$/m);
});

t.test('a picture that cannot be read costs the others nothing', async (t) => {
  const { folder, detect, leftovers } = await pictures(t, ['a.png', 'b.png']);
  writeFileSync(join(folder, 'val', 'a.png'), 'no picture');
  const run = await detect('--format', 'csv', '--results', 'found.csv');
  t.equal(run.status, 1);
  t.match(run.stderr, '1 of 2 files could not be analysed.');
  t.match(
    readFileSync(join(folder, 'found.csv'), 'utf8'),
    /^image,frame.*\r\nval\/b\.png,,64,48,thing,0,0\.9,4,4,20,20\r\n$/,
  );
  t.strictSame(leftovers(), []);
});

t.test('what does not fit is told before a picture is analysed, and no file appears', async (t) => {
  const { folder, detect, leftovers } = await pictures(t, ['a.png', 'b.png', 'c.png']);
  writeFileSync(join(folder, 'truth.json'), ANNOTATIONS);
  writeFileSync(
    join(folder, 'cats.json'),
    ANNOTATIONS.replace('"thing"', '"cat"').replace('"images":[', '"images":[{"id":1,"file_name":"c.png"},'),
  );
  writeFileSync(join(folder, 'broken.json'), '{"images"');
  const before = readdirSync(folder).sort();
  for (const [args, said] of [
    [['--coco-annotations', 'truth.json'], /^COCO_ANNOTATIONS: 1 of 3 pictures are not in truth\.json/],
    [['--coco-annotations', 'cats.json'], /^COCO_ANNOTATIONS: The model's label "thing" is no category/],
    [['--coco-annotations', 'broken.json'], /^COCO_ANNOTATIONS: broken\.json is not valid JSON/],
    [['--json'], /^USAGE: --json and --format coco contradict/],
  ] as [string[], RegExp][]) {
    const run = await detect('--format', 'coco', '--results', 'found.json', ...args);
    t.equal(run.status, 2, args.join(' '));
    t.match(run.stderr, said);
    t.equal(run.stdout, '');
  }
  t.strictSame(readdirSync(folder).sort(), before);
  t.strictSame(leftovers(), []);
});

t.test('results that cannot be written are an error, and end the run', async (t) => {
  const { detect, leftovers, env, folder } = await pictures(t, ['a.png', 'b.png']);
  t.equal((await detect('--format', 'coco')).status, 0);
  const full = { env, cwd: folder, stdout: '/dev/full' };
  const run = await runCli(['detect', '--bundle', 'bundle', '--format', 'coco', 'val'], full);
  t.equal(run.status, 1);
  t.match(run.stderr, 'OUTPUT_UNWRITABLE: ');
  t.strictSame(leftovers(), []);
});
