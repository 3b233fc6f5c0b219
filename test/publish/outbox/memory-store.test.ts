/** Messages without a disk. */
import t from 'tap';
import { MemoryStore } from '../../../dist/publish/outbox/memory-store.js';

t.test('it keeps messages in order and remembers what the disk was not told', async (t) => {
  const store = new MemoryStore();
  await store.write([
    { type: 'put', key: 'm2a', value: '1' },
    { type: 'put', key: 'm2b', value: '2' },
    { type: 'put', key: 'm2c', value: '3' },
    { type: 'put', key: 'm3a', value: '4' },
    { type: 'put', key: 't', value: 'sums' },
    { type: 'del', key: 'l1' },
  ]);
  t.same(await store.rows({ after: 'm2', end: 'm2c', limit: 9 }), [
    ['m2a', '1'],
    ['m2b', '2'],
  ]);
  t.same(await store.rows({ after: 'm2a', end: 'm3', limit: 1 }), [['m2b', '2']]);
  t.same(await store.rows({ after: 'm1', end: 'm2', limit: 1 }), []);
  await store.write([
    { type: 'del', key: 'm2b' },
    { type: 'del', key: 'm0z' },
  ]);
  t.same([...store.missed], ['m0z']);
  t.same(
    [...store.all()].map(([key]) => key),
    ['m2a', 'm2c', 'm3a'],
  );
  await store.close();
});
