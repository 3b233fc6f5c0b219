/** What a new version is run on. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openBundle } from '../../dist/bundle/bundle.js';
import { writeDrawnPicture } from '../../dist/worker/drawn-picture.js';
import { trialPictures } from '../../dist/worker/trial-pictures.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';

t.test('a bundle without samples: grey and drawn ones, of the size of the network', async (t) => {
  const folder = t.testdir();
  const bundle = await openBundle(tinyBundle(join(folder, 'bundle')), folder);
  const { threshold, pictures } = await trialPictures(bundle, 'live', 'RGBA');
  t.equal(threshold, undefined);
  t.equal(pictures.length, 4);
  for (const { picture, expected } of pictures) {
    t.match(picture, { width: 32, height: 32, sourceWidth: 640 });
    t.equal(picture.data.length, 32 * 32 * 4);
    t.equal(expected, undefined);
  }
  t.match((await trialPictures(bundle, 'exact', 'RGB')).pictures[1]?.picture, { width: 640, height: 480 });
});

t.test('samples, with what is expected in them', async (t) => {
  const folder = t.testdir();
  const path = tinyBundle(join(folder, 'bundle'));
  mkdirSync(join(path, 'samples'));
  await writeDrawnPicture(join(path, 'samples', 'a.jpg'), 64, 48);
  const detections = [{ label: 'thing', label_id: 0, score: 0.9, box: [4, 4, 20, 20] }];
  const images = [{ image: 'a.jpg', width: 64, height: 48, detections }];
  writeFileSync(join(path, 'samples', 'expected.json'), JSON.stringify({ threshold: 0.4, images }));
  const found = await trialPictures(await openBundle(path, folder), 'live', 'RGB');
  t.match(found, {
    threshold: 0.4,
    pictures: [{ name: 'a.jpg', expected: detections, picture: { sourceWidth: 64 } }],
  });
});
