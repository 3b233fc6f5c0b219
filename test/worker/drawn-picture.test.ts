/** The picture for whoever has none. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { decodePicture } from '../../dist/picture/decode-picture.js';
import { writeDrawnPicture } from '../../dist/worker/drawn-picture.js';

t.test('it is a JPEG of the asked size, with something in it, and the same each time', async (t) => {
  const folder = t.testdir({});
  for (const name of ['a.jpg', 'b.jpg']) await writeDrawnPicture(join(folder, name), 160, 90);
  const [first, second] = ['a.jpg', 'b.jpg'].map((name) => readFileSync(join(folder, name)));
  t.ok(first?.equals(second as Buffer));
  t.equal(first?.subarray(0, 2).toString('hex'), 'ffd8');
  const { width, height, data } = await decodePicture(join(folder, 'a.jpg'));
  t.match({ width, height }, { width: 160, height: 90 });
  t.ok(new Set(data).size > 16);
});
