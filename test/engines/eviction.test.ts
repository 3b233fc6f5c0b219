/** Which engines must go. */
import t from 'tap';
import { chooseEvicted, type Evictable } from '../../dist/engines/eviction.js';

function engine(name: string, bytes: number, lastUse: number, inUse = false): Evictable {
  return { name, bytes, lastUse, inUse };
}

function chosen(engines: Evictable[], maxBytes: number): [string, number] {
  const { evicted, excessBytes } = chooseEvicted(engines, maxBytes);
  return [evicted.map(({ name }) => name).join(''), excessBytes];
}

t.test('the least recently used go until the rest fits', async (t) => {
  const engines = [engine('c', 10, 7), engine('a', 10, 1), engine('b', 10, 2)];
  t.strictSame(chosen(engines, 30), ['', 0]);
  t.strictSame(chosen(engines, 29), ['a', 0]);
  t.strictSame(chosen(engines, 10), ['ab', 0]);
  t.strictSame(chosen([], 0), ['', 0]);
});

t.test('one in use stays, and so does the one that was used last', async (t) => {
  const engines = [engine('a', 10, 1, true), engine('b', 10, 2), engine('c', 10, 3)];
  t.strictSame(chosen(engines, 20), ['b', 0]);
  t.strictSame(chosen(engines, 5), ['b', 15]);
  t.strictSame(chosen([engine('a', 10, 1)], 0), ['', 10]);
  t.match(chooseEvicted([engine('a', 10, 1)], 0, false), { evicted: [{ name: 'a' }], excessBytes: 0 });
});

t.test('equal uses go by name', async (t) => {
  t.strictSame(chosen([engine('b', 1, 0), engine('a', 1, 0), engine('c', 1, 0)], 1), ['ab', 0]);
});
