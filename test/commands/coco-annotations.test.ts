/** Reading COCO annotations. */
import { join } from 'node:path';
import t from 'tap';
import { parseCocoAnnotations, readCocoAnnotations } from '../../dist/commands/coco-annotations.js';

const image = { id: 3, file_name: '.\\val//a.jpg', width: 4, height: 3 };
const category = { id: 18, name: 'dog', supercategory: 'animal' };

t.test('pictures and categories are read, whatever else is there', async (t) => {
  const folder = t.testdir({
    'a.json': JSON.stringify({ info: {}, images: [image], annotations: [null], categories: [category] }),
  });
  const path = join(folder, 'a.json');
  const found = await readCocoAnnotations(path);
  t.strictSame(found.images, [{ id: 3, fileName: 'val/a.jpg' }]);
  t.strictSame([...found.categories], [['dog', 18]]);
  t.equal(found.where, path);
});

t.test('every way of being no annotations is told', async (t) => {
  for (const [value, said] of [
    [null, /no list of "images"/],
    [[], /no list of "images"/],
    [{ images: [] }, /no list of "images"/],
    [{ images: [image] }, /no list of "categories"/],
    [{ images: [{ ...image, id: '3' }], categories: [category] }, /"images\[0\]" has no whole number "id"/],
    [{ images: [null], categories: [category] }, /"images\[0\]"/],
    [{ images: [image], categories: [{ id: 1.5, name: 'x' }] }, /"categories\[0\]"/],
    [{ images: [image, { id: 4, file_name: 'val/a.jpg' }], categories: [category] }, /"val\/a\.jpg" twice/],
    [{ images: [image], categories: [category, category] }, /"dog" twice among its categories/],
  ] as [unknown, RegExp][])
    t.throws(() => parseCocoAnnotations(JSON.stringify(value), 'val.json'), {
      code: 'COCO_ANNOTATIONS',
      message: said,
    });
  t.throws(() => parseCocoAnnotations('{"images": [', 'val.json'), {
    message: /val\.json is not valid JSON/,
  });
});

t.test('a file that is not there, and a folder, are told', async (t) => {
  const folder = t.testdir({});
  for (const path of [folder, join(folder, 'none.json')])
    await t.rejects(readCocoAnnotations(path), { code: 'COCO_ANNOTATIONS', exitStatus: 2 });
});
