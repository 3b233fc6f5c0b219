/** Keeps the cache within its size: what was set aside goes first, then engines by their last use, never one in use. */
import { join } from 'node:path';
import { DetectdError } from '../base/errors.js';
import { type CacheListing, type Listable, type ListedEngine, listCache } from './cache-listing.js';
import { chooseEvicted } from './eviction.js';
import { nextUse, writeLastUse } from './last-use.js';

/** More of them tell nothing that these do not. */
const MOST_BAD = 3;

export interface PruneOptions {
  /** Engines and what was set aside together. */
  maxBytes: number;
  /** How many of those set aside may stay, newest first; default 3. */
  keepBad?: number;
  /** Keep the engine that was used last, however large it is; default true. */
  keepLast?: boolean;
  /** Digests of bundles whose engines stay as if they were in use; default none. */
  keep?: readonly string[];
}

export interface PruneReport {
  removed: { name: string; bytes: number; why: 'damaged' | 'least recently used' }[];
  /** What should have gone but could not, and why. */
  kept: { name: string; reason: string }[];
  /** Size of what is left. */
  bytes: number;
  /** By how much that is too much: the engines in use or to be kept, and the last used one, need it. */
  excessBytes: number;
}

export interface Prunable extends Listable {
  remove(key: string): Promise<'removed' | 'in use' | 'missing'>;
}

/** Throws ENGINE_CACHE, FOLDER_UNWRITABLE or FOLDER_UNLOCKABLE where not even a look is possible. */
export async function pruneCache(cache: Prunable, options: PruneOptions): Promise<PruneReport> {
  const listing = await listCache(cache);
  const report: PruneReport = { removed: [], kept: [], bytes: listing.bytes, excessBytes: 0 };
  const attempt = async (
    item: { name: string; bytes: number },
    why: PruneReport['removed'][number]['why'],
    remove: () => Promise<boolean>,
  ): Promise<void> => {
    try {
      if (!(await remove())) return;
      report.removed.push({ name: item.name, bytes: item.bytes, why });
      report.bytes -= item.bytes;
    } catch (error) {
      report.kept.push({ name: item.name, reason: DetectdError.from(error).message });
    }
  };
  await countAsUsed(listing, cache);
  for (const [place, bad] of [...listing.bad.entries()].reverse()) {
    if (place < (options.keepBad ?? MOST_BAD) && report.bytes <= options.maxBytes) continue;
    await attempt(bad, 'damaged', async () => {
      await cache.engines.removeOther(bad.name);
      return true;
    });
  }
  const engineBytes = listing.engines.reduce((sum, { bytes }) => sum + bytes, 0);
  const forEngines = options.maxBytes - (report.bytes - engineBytes);
  const keep = new Set(options.keep);
  const engines = listing.engines.map((each) => ({ ...each, inUse: each.inUse || keep.has(bundleOf(each)) }));
  const { evicted } = chooseEvicted(engines, forEngines, options.keepLast);
  for (const engine of evicted)
    await attempt(engine, 'least recently used', async () => (await cache.remove(engine.key)) === 'removed');
  report.excessBytes = Math.max(0, report.bytes - options.maxBytes);
  return report;
}

/** Digest of the bundle that it was built from; empty where its manifest cannot be read. */
function bundleOf({ manifest }: ListedEngine): string {
  const value = manifest?.parts.find(({ name }) => name === 'bundle')?.value;
  return typeof value === 'string' ? value : '';
}

/** Engines are counted when they are opened, but some are used for months. */
async function countAsUsed({ engines }: CacheListing, cache: Prunable): Promise<void> {
  const use = nextUse(engines.map(({ lastUse }) => lastUse));
  for (const engine of engines.filter(({ inUse }) => inUse)) {
    engine.lastUse = use;
    await writeLastUse(join(cache.engines.path, engine.name), use);
  }
}
