/** Which ids pictures and labels get in COCO results. */
import { resolve } from 'node:path';
import t from 'tap';
import { annotatedIds, ownIds } from '../../dist/commands/coco-ids.js';
import type { DetectJob } from '../../dist/ipc/detect-protocol.js';
import { image, video } from '../helpers/picture-results.js';

function own(jobs: DetectJob[]): number[] {
  const ids = ownIds(jobs);
  return jobs.map((job) => ids.image(job));
}

t.test('without annotations the number at the end of the name is the id', async (t) => {
  t.strictSame(
    own(['b/000000000042.jpg', 'COCO_val2014_000000000007.jpg', 'x-0.png'].map(image)),
    [42, 7, 0],
  );
  t.strictSame(ownIds([]).categories(['a', 'b']), [1, 2]);
});

t.test('where a name has none, or two have the same, the place counts', async (t) => {
  t.strictSame(own(['7.jpg', 'cat.jpg'].map(image)), [1, 2]);
  t.strictSame(own(['a/7.jpg', 'b/07.jpg'].map(image)), [1, 2]);
  t.strictSame(own(['7.jpg', '7.jpg'].map(image)), [1, 2]);
  t.strictSame(own([image('9999999999999999.jpg')]), [1]);
  t.strictSame(own([image('7.jpg'), video('8.mp4')]), [1, 2]);
});

const annotations = {
  where: 'val.json',
  images: [
    { id: 5, fileName: 'a.jpg' },
    { id: 6, fileName: 'left/a.jpg' },
    { id: 7, fileName: 'right/b.jpg' },
  ],
  categories: new Map([
    ['person', 1],
    ['dog', 18],
  ]),
};

t.test('annotations name a picture by the end of its path', async (t) => {
  const jobs = [image('./a.jpg'), image('set/left/a.jpg'), image(resolve('right/b.jpg'))];
  const ids = annotatedIds(jobs, annotations);
  t.strictSame(
    jobs.map((job) => ids.image(job)),
    [5, 6, 7],
  );
  t.strictSame(ids.categories(['dog', 'person']), [18, 1]);
});

t.test('pictures that are not in them are counted and the first is named', async (t) => {
  const jobs = ['a.jpg', 'wrong/b.jpg', 'bright/b.jpg'].map(image);
  t.throws(() => annotatedIds(jobs, annotations), {
    code: 'COCO_ANNOTATIONS',
    message: '2 of 3 pictures are not in val.json; the first is wrong/b.jpg.',
    hint: /"a\.jpg"/,
  });
});

t.test('one picture given twice, and videos, are mistakes', async (t) => {
  t.throws(() => annotatedIds([image('a.jpg'), image('./a.jpg')], annotations), {
    code: 'USAGE',
    message: /a\.jpg and \.\/a\.jpg are both the picture "a\.jpg"/,
  });
  t.throws(() => annotatedIds([video('v.mp4')], annotations), { code: 'USAGE', message: /v\.mp4/ });
});

t.test('a label without category is named, with those that are there', async (t) => {
  t.throws(() => annotatedIds([], annotations).categories(['person', 'cat']), {
    code: 'COCO_ANNOTATIONS',
    message: 'The model\'s label "cat" is no category of val.json.',
    hint: /person, dog;/,
  });
});
