/** Buffers that are given back. */
import t from 'tap';
import { returnMemory } from '../../dist/base/memory-return.js';

t.test('what is given back is empty at once', async (t) => {
  const pictures = [new Uint8Array(1000), new Uint8Array(2000)];
  returnMemory(pictures.map((picture) => picture.buffer));
  t.strictSame(
    pictures.map((picture) => picture.length),
    [0, 0],
  );
  returnMemory([]);
});

t.test('it counts as memory no longer', async (t) => {
  const before = process.memoryUsage().arrayBuffers;
  for (let count = 0; count < 200; count += 1) returnMemory([new Uint8Array(1_000_000).buffer]);
  t.ok(process.memoryUsage().arrayBuffers - before < 5_000_000);
});
