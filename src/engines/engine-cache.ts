/**
 * The engines kept on this machine, shared by all processes of detectd: daemons, workers, builders and commands.
 * An engine is found by its key, read whole before it is given out, built by one process at a time, and removed only
 * while nobody uses it.
 */
import { join } from 'node:path';
import { type Clock, systemClock } from '../base/clock.js';
import { DetectdError, systemCode } from '../base/errors.js';
import { FolderLock } from '../base/folder-lock.js';
import { type CacheListing, listCache } from './cache-listing.js';
import { type Prunable, type PruneOptions, type PruneReport, pruneCache } from './cache-pruning.js';
import { CachedEngine } from './cached-engine.js';
import { EngineBuild } from './engine-build.js';
import { BadEngine, checkEngine } from './engine-entry.js';
import { EngineFolder, explained, type KeyLock } from './engine-folder.js';
import type { EngineKey } from './engine-key.js';
import { nextUse, readLastUse, writeLastUse } from './last-use.js';

export interface EngineCacheOptions {
  /** The configuration's cache folder; engines are kept in `engines` below it. */
  folder: string;
  /** What the engines may take together. */
  maxBytes: number;
  /** Digests of bundles whose engines stay although nobody uses them. */
  keep?: readonly string[];
  clock?: Clock;
}

export type Found =
  | { state: 'usable'; engine: CachedEngine }
  | { state: 'missing' }
  /** As good as missing. `setAside` is its new name; undefined where it could not or need not be moved. */
  | { state: 'bad'; reason: string; setAside: string | undefined };

export type Acquired = { kind: 'engine'; engine: CachedEngine } | { kind: 'build'; build: EngineBuild };

export interface AcquireOptions {
  signal?: AbortSignal;
  /** How long to wait for another process that builds it; default: for as long as that takes. */
  timeoutMs?: number;
  /** Called at once and then every second while another process builds it. */
  onWait?: (elapsedMs: number) => void;
}

/** Whoever removes an engine, or only asks whether it is in use, is done long before. */
const BRIEF_MS = 5000;
/** A process that was killed may have left a child that holds its lock for some milliseconds. */
const LEFTOVER_MS = 300;
const WAIT_TOLD_MS = 1000;

export class EngineCache {
  readonly engines: EngineFolder;
  readonly #maxBytes: number;
  readonly #keep: readonly string[];
  readonly #clock: Clock;

  constructor({ folder, maxBytes, keep = [], clock = systemClock }: EngineCacheOptions) {
    this.engines = new EngineFolder(folder);
    this.#maxBytes = maxBytes;
    this.#keep = keep;
    this.#clock = clock;
  }

  /** Removes what processes that died have left, and returns the names. Throws as everything here. */
  async start(): Promise<string[]> {
    const removed: string[] = [];
    for (const each of await this.engines.names()) {
      if (each.kind !== 'temporary') continue;
      const held = await this.#within(LEFTOVER_MS, (until) => this.engines.lockKey(each.key, until));
      if (held === 'busy') continue;
      await this.engines.freeKey(held);
      removed.push(each.name);
    }
    return removed;
  }

  /**
   * The engine of `key`, read whole and marked as in use; one that is not what its manifest says is set aside.
   * Throws ENGINE_CACHE, FOLDER_UNWRITABLE, FOLDER_UNLOCKABLE, or the reason of the signal.
   */
  async open(key: string, signal?: AbortSignal): Promise<Found> {
    const found = await this.#find(key, { signal });
    if (found.state === 'usable') await writeLastUse(found.engine.folder, await this.#nextUse());
    return found;
  }

  /** As open(), but not counted as a use; without `setAside` a bad engine stays where it is and nothing is changed. */
  inspect(key: string, options: { signal?: AbortSignal; setAside?: boolean } = {}): Promise<Found> {
    return this.#find(key, { setAside: false, ...options });
  }

  /**
   * The engine of `key`, or the right to build it, which one process has at a time. While another one builds it this
   * waits, and then has what that has made; if that died or gave up, it is our turn.
   * Throws as open(), and ENGINE_BUSY when the time is over.
   */
  async acquire(key: EngineKey, options: AcquireOptions = {}): Promise<Acquired> {
    const first = await this.open(key.digest, options.signal);
    if (first.state === 'usable') return { kind: 'engine', engine: first.engine };
    let held = await this.engines.lockKey(key.digest);
    if (held === 'busy') held = await this.#waitForKey(key.digest, options);
    try {
      const found = await this.#find(key.digest, { signal: options.signal, held });
      if (found.state === 'usable') {
        await this.engines.freeKey(held);
        await writeLastUse(found.engine.folder, await this.#nextUse());
        return { kind: 'engine', engine: found.engine };
      }
      const build = await EngineBuild.begin({
        engines: this.engines,
        clock: this.#clock,
        nextUse: () => this.#nextUse(),
        // The engine is safe; what could not be removed is tried again at the next opportunity.
        afterwards: () => this.prune().catch(() => {}),
        key,
        held,
      });
      return { kind: 'build', build };
    } catch (error) {
      await this.engines.freeKey(held);
      throw error;
    }
  }

  /** Moves an engine that is whole but of no use out of the way; returns its new name, undefined where it could not be. */
  async setAside(key: string, reason: string): Promise<string | undefined> {
    const seen = await this.#lockEngine(key, 'shared');
    if (typeof seen === 'string') return undefined;
    try {
      return await this.#setAside(key, reason, seen, undefined);
    } finally {
      await seen.release();
    }
  }

  /** Removes an engine that nobody uses or builds. */
  async remove(key: string): Promise<'removed' | 'in use' | 'missing'> {
    const held = await this.engines.lockKey(key);
    if (held === 'busy') return 'in use';
    let use: FolderLock | 'busy' | 'missing' = 'missing';
    try {
      use = await this.#lockEngine(key, 'exclusive');
      if (use === 'busy') return 'in use';
      if (use === 'missing') return 'missing';
      await this.engines.removeEngine(key, held);
      return 'removed';
    } finally {
      if (typeof use !== 'string') await use.release();
      await this.engines.freeKey(held);
    }
  }

  /** What is there. */
  list(): Promise<CacheListing> {
    return listCache(this.#parts());
  }

  /** Keeps to the size that was configured, or to another; every build ends with it. */
  prune(options: Partial<PruneOptions> = {}): Promise<PruneReport> {
    return pruneCache(this.#parts(), { maxBytes: this.#maxBytes, keep: this.#keep, ...options });
  }

  #parts(): Prunable {
    return {
      engines: this.engines,
      isInUse: (key) => this.#isInUse(key),
      remove: (key) => this.remove(key),
    };
  }

  async #isInUse(key: string): Promise<boolean> {
    const use = await this.#lockEngine(key, 'exclusive');
    if (typeof use !== 'string') await use.release();
    return use === 'busy';
  }

  async #find(
    key: string,
    {
      signal,
      held,
      setAside = true,
    }: { signal?: AbortSignal | undefined; held?: KeyLock; setAside?: boolean },
  ): Promise<Found> {
    const folder = this.engines.engine(key);
    let use: FolderLock | undefined;
    try {
      const lock = await this.#within(BRIEF_MS, (until) => this.#lockEngine(key, 'shared', until));
      // Somebody removes it.
      if (typeof lock === 'string') return { state: 'missing' };
      use = lock;
      const engine = new CachedEngine(folder, await checkEngine(folder, key, signal), use);
      use = undefined;
      return { state: 'usable', engine };
    } catch (error) {
      if (!(error instanceof BadEngine)) throw error;
      // It was removed while we read it.
      if (use !== undefined && !(await use.isAt(folder))) return { state: 'missing' };
      const moved = setAside ? await this.#setAside(key, error.message, use, held) : undefined;
      return { state: 'bad', reason: error.message, setAside: moved };
    } finally {
      await use?.release();
    }
  }

  /** Locks the engine that is at its place now. Throws BadEngine for what is no folder. */
  async #lockEngine(
    key: string,
    kind: 'shared' | 'exclusive',
    until?: AbortSignal,
  ): Promise<FolderLock | 'busy' | 'missing'> {
    const folder = this.engines.engine(key);
    for (;;) {
      const lock = await explained(this.engines.path, () => takeEngine(folder, kind, until));
      if (lock === 'no folder') throw new BadEngine('it is no folder');
      if (typeof lock === 'string' || (await lock.isAt(folder))) return lock;
      await lock.release();
    }
  }

  /** Undefined where another process is at work on the key or the folder may not be written. */
  async #setAside(
    key: string,
    reason: string,
    seen: FolderLock | undefined,
    ours: KeyLock | undefined,
  ): Promise<string | undefined> {
    let held: KeyLock | 'busy' | undefined = ours;
    try {
      held ??= await this.engines.lockKey(key);
      if (held === 'busy') return undefined;
      // Another process may have set it aside, and built a good one, since we read it.
      if (seen !== undefined && !(await seen.isAt(this.engines.engine(key)))) return undefined;
      return await this.engines.setAside(key, reason);
    } catch (error) {
      if (ours === undefined && DetectdError.from(error).code === 'FOLDER_UNWRITABLE') return undefined;
      throw error;
    } finally {
      if (ours === undefined && held !== undefined && held !== 'busy') await this.engines.freeKey(held);
    }
  }

  async #waitForKey(key: string, { signal, timeoutMs, onWait }: AcquireOptions): Promise<KeyLock> {
    const startedUs = this.#clock.monotonicUs();
    const elapsedMs = () => (this.#clock.monotonicUs() - startedUs) / 1000;
    const over = new AbortController();
    const giveUp = (): void => over.abort();
    signal?.addEventListener('abort', giveUp, { once: true });
    if (signal?.aborted) giveUp();
    onWait?.(0);
    const timers = [
      ...(timeoutMs === undefined ? [] : [this.#clock.after(timeoutMs, giveUp)]),
      ...(onWait === undefined ? [] : [this.#clock.every(WAIT_TOLD_MS, () => onWait(elapsedMs()))]),
    ];
    try {
      const held = await this.engines.lockKey(key, over.signal);
      if (held !== 'busy') return held;
    } finally {
      for (const timer of timers) timer.cancel();
      signal?.removeEventListener('abort', giveUp);
    }
    signal?.throwIfAborted();
    throw new DetectdError(
      'ENGINE_BUSY',
      `Another process has been building the same engine for ${Math.round(elapsedMs() / 1000)} s.`,
      'Wait for it, or end that process: what it has begun is then cleared away.',
    );
  }

  async #nextUse(): Promise<number> {
    const engines = (await this.engines.names()).filter(({ kind }) => kind === 'engine');
    return nextUse(await Promise.all(engines.map(({ name }) => readLastUse(join(this.engines.path, name)))));
  }

  /** Lends `work` a signal that is aborted after `ms`. */
  async #within<T>(ms: number, work: (until: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    const timer = this.#clock.after(ms, () => abort.abort());
    try {
      return await work(abort.signal);
    } finally {
      timer.cancel();
    }
  }
}

async function takeEngine(
  folder: string,
  kind: 'shared' | 'exclusive',
  until?: AbortSignal,
): Promise<FolderLock | 'busy' | 'missing' | 'no folder'> {
  try {
    return await FolderLock.take(folder, kind, until);
  } catch (error) {
    if (['ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '')) return 'no folder';
    throw error;
  }
}
