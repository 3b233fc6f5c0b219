/** What a kept small buffer keeps. */
import t from 'tap';
import { limitBufferPool } from '../../dist/base/buffer-pool.js';

t.test('a small buffer that is kept keeps no more than a small piece', (t) => {
  const before = Buffer.poolSize;
  t.teardown(() => {
    Buffer.poolSize = before;
  });
  limitBufferPool();
  // The piece that was begun is used up first.
  const begun = Buffer.allocUnsafe(2).buffer;
  let small = Buffer.allocUnsafe(2);
  while (small.buffer === begun) small = Buffer.allocUnsafe(2);
  t.equal(small.buffer.byteLength, 512);
  t.end();
});
