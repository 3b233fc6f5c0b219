/** Pictures at the size of the network and in the form of frames. */
import t from 'tap';
import { fitPicture } from '../../dist/picture/fit-picture.js';

const red = { width: 4, height: 2, data: Uint8Array.from(Array(8).fill([200, 10, 20]).flat()) };

t.test('a picture is scaled to exactly the size, whatever its shape', async (t) => {
  const data = await fitPicture(red, { width: 3, height: 5 }, 'RGB');
  t.equal(data.length, 3 * 5 * 3);
  t.strictSame([...data.subarray(0, 3)], [200, 10, 20]);
});

t.test('at its own size nothing changes', async (t) => {
  const noisy = { width: 3, height: 2, data: Uint8Array.from({ length: 18 }, (_, at) => (at * 37) % 256) };
  t.strictSame(await fitPicture(noisy, { width: 3, height: 2 }, 'RGB'), noisy.data);
});

t.test('where frames have four channels the fourth is opaque', async (t) => {
  const data = await fitPicture(red, { width: 2, height: 2 }, 'RGBA');
  t.strictSame([...data], Array(4).fill([200, 10, 20, 255]).flat());
});
