/** COCO result files. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { ownIds } from '../../dist/commands/coco-ids.js';
import { cocoResults } from '../../dist/commands/coco-results.js';
import type { DetectJob } from '../../dist/ipc/detect-protocol.js';
import { found, image, picture, video } from '../helpers/picture-results.js';

function texts(jobs: DetectJob[], fill: (results: ReturnType<typeof cocoResults>) => void) {
  const written = { found: [] as string[], dataset: [] as string[] };
  const results = cocoResults(
    ownIds(jobs),
    (text) => written.found.push(text),
    (text) => written.dataset.push(text),
  );
  results.open(['person', 'dog']);
  fill(results);
  results.close();
  return written;
}

t.test('every detection is an entry with the ids, the corner and the size of its box', async (t) => {
  const job = image('val/000042.jpg');
  const { found: results, dataset } = texts([job], (r) =>
    r.picture(job, picture([found('dog', 1), found('person')])),
  );
  t.strictSame(JSON.parse(results.join('')), [
    { image_id: 42, category_id: 2, bbox: [1.235, 2, 3, 8.5], score: 0.123457 },
    { image_id: 42, category_id: 1, bbox: [1.235, 2, 3, 8.5], score: 0.123457 },
  ]);
  t.strictSame(JSON.parse(dataset.join('')), {
    images: [{ id: 42, file_name: 'val/000042.jpg', width: 640, height: 480 }],
    annotations: [],
    categories: [
      { id: 1, name: 'person' },
      { id: 2, name: 'dog' },
    ],
  });
  for (const text of [...results, ...dataset]) t.match(text, /\n$/, 'a progress line may come between');
});

t.test('nothing found is an empty array, no pictures an empty data set', async (t) => {
  const { found: results, dataset } = texts([], () => {});
  t.strictSame(JSON.parse(results.join('')), []);
  t.strictSame(JSON.parse(dataset.join('')).images, []);
});

t.test('each frame of a video is a picture, and a file that fails takes its number with it', async (t) => {
  const [clip, bad, last] = [video('v.mp4'), image('bad.jpg'), image('z.jpg')];
  const { found: results, dataset } = texts([clip, bad, last], (r) => {
    r.picture(clip, picture([found('person')], 0));
    r.picture(clip, picture([found('person')], 1));
    r.failed(bad, new DetectdError('IMAGE_UNREADABLE', 'No image.'));
    r.picture(last, picture([found('person')]));
  });
  t.strictSame(
    JSON.parse(results.join('')).map((entry: { image_id: number }) => entry.image_id),
    [1, 2, 4],
  );
  t.match(JSON.parse(dataset.join('')).images, [
    { id: 1, file_name: 'v.mp4#0' },
    { id: 2, file_name: 'v.mp4#1' },
    { id: 4, file_name: 'z.jpg' },
  ]);
});
