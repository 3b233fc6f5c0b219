/**
 * The names in the folder of engines. There are three kinds: an engine by its key, an engine that was set aside,
 * and one temporary folder per key, in which an engine is built or removed. Anything else is not ours.
 */
import { opendir } from 'node:fs/promises';
import { systemCode } from '../base/errors.js';

export type CacheName =
  | { kind: 'engine'; name: string; key: string }
  /** Higher numbers were set aside later. */
  | { kind: 'bad'; name: string; key: string; number: number }
  | { kind: 'temporary'; name: string; key: string }
  | { kind: 'foreign'; name: string };

/** A folder that someone else fills must not fill our memory. */
const MAX_NAMES = 4096;

export function cacheName(name: string): CacheName {
  const [, key, ending, number] = /^([0-9a-f]{64})(\.tmp|\.bad-(\d{1,9}))?$/.exec(name) ?? [];
  if (key === undefined) return { kind: 'foreign', name };
  if (number !== undefined) return { kind: 'bad', name, key, number: Number(number) };
  return ending === undefined ? { kind: 'engine', name, key } : { kind: 'temporary', name, key };
}

export function temporaryName(key: string): string {
  return `${key}.tmp`;
}

/** What `key` is called once it is set aside, among these. */
export function nextBadName(key: string, names: readonly CacheName[]): string {
  const highest = Math.max(0, ...names.map((each) => (each.kind === 'bad' ? each.number : 0)));
  return `${key}.bad-${highest + 1}`;
}

/** The names in `folder`, sorted, at most 4096; none where there is no folder. Throws the system's errors. */
export async function readCacheNames(folder: string): Promise<CacheName[]> {
  const names: string[] = [];
  try {
    for await (const { name } of await opendir(folder)) {
      names.push(name);
      if (names.length === MAX_NAMES) break;
    }
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  return names.sort().map(cacheName);
}
