/** Pictures with expected detections. */
import { join } from 'node:path';
import t from 'tap';
import { parseSamples, readSamples } from '../../dist/bundle/samples.js';

const detection = { label: 'dog', label_id: 1, score: 0.9, box: [1, 2, 3, 4] };
const picture = { image: 'a b.jpg', width: 4, height: 3, detections: [detection] };

t.test('a bundle without samples has none', async (t) => {
  t.equal(await readSamples(t.testdir({})), undefined);
  t.equal(await readSamples(t.testdir({ samples: '' })), undefined);
});

t.test('samples are read with the paths of their pictures', async (t) => {
  const text = JSON.stringify({ tool: 'x', threshold: 0.4, images: [picture], more: 1 });
  const folder = t.testdir({ samples: { 'expected.json': text } });
  t.strictSame(await readSamples(folder), {
    tool: 'x',
    threshold: 0.4,
    pictures: [
      {
        path: join(folder, 'samples/a b.jpg'),
        name: 'a b.jpg',
        width: 4,
        height: 3,
        detections: [detection],
      },
    ],
  });
});

t.test('what cannot be understood is refused, and no name leads out of the folder', async (t) => {
  for (const [value, said] of [
    [null, /expected\.json/],
    [{ images: [] }, /"threshold"/],
    [{ threshold: 2, images: [] }, /"threshold"/],
    [{ threshold: 0.4, images: [{ ...picture, image: '../a.jpg' }] }, /plain name/],
    [{ threshold: 0.4, images: [{ ...picture, image: '..' }] }, /plain name/],
    [{ threshold: 0.4, images: [{ ...picture, image: 'a\nb' }] }, /plain name/],
    [{ threshold: 0.4, images: Array(257).fill(picture) }, /"images"/],
    [{ threshold: 0.4, images: [{ ...picture, detections: [{ ...detection, box: [1] }] }] }, /"images\.0/],
  ] as [unknown, RegExp][])
    t.throws(() => parseSamples(JSON.stringify(value), 'expected.json', 'samples'), {
      code: 'BUNDLE_SAMPLES',
      message: said,
    });
  t.throws(() => parseSamples('{', 'expected.json', ''), { message: /not valid JSON/ });
  await t.rejects(readSamples(t.testdir({ samples: { 'expected.json': {} } })), { code: 'BUNDLE_SAMPLES' });
});
