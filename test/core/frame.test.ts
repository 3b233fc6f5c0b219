/** Sizes of pixels. */
import t from 'tap';
import { BYTES_PER_PIXEL } from '../../dist/core/frame.js';

t.test('pixels have as many bytes as letters', (t) => {
  for (const [format, bytes] of Object.entries(BYTES_PER_PIXEL)) t.equal(bytes, format.length);
  t.strictSame(Object.keys(BYTES_PER_PIXEL), ['RGB', 'RGBA']);
  t.end();
});
