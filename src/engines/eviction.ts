/** Which engines must go when the cache is too large. Pure. */

export interface Evictable {
  name: string;
  bytes: number;
  /** Number of its last use; of several the higher is the later. */
  lastUse: number;
  inUse: boolean;
}

export interface Eviction<T extends Evictable> {
  /** In the order in which they should go. */
  evicted: T[];
  /** By how much the rest is still too large: the engines in use need more than the cache may hold. */
  excessBytes: number;
}

/**
 * The least recently used first, until `maxBytes` are kept. Never one in use, and, with `keepLast`, never the one that
 * was used last: it would only be built again at the next start.
 */
export function chooseEvicted<T extends Evictable>(
  engines: readonly T[],
  maxBytes: number,
  keepLast = true,
): Eviction<T> {
  const oldestFirst = [...engines].sort(
    (a, b) => a.lastUse - b.lastUse || (a.name < b.name ? -1 : Number(a.name > b.name)),
  );
  const newest = keepLast ? oldestFirst.at(-1) : undefined;
  let bytes = engines.reduce((sum, each) => sum + each.bytes, 0);
  const evicted: T[] = [];
  for (const engine of oldestFirst) {
    if (bytes <= maxBytes) break;
    if (engine.inUse || engine === newest) continue;
    evicted.push(engine);
    bytes -= engine.bytes;
  }
  return { evicted, excessBytes: Math.max(0, bytes - maxBytes) };
}
