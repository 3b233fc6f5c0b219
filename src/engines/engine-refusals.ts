/**
 * Engines that are not to be built again, and why: those that did not agree with the CPU, and those whose building
 * failed. A build takes minutes, so this outlives the process; it ends with the key, which changes with everything
 * that could bring another outcome.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../base/atomic-file.js';
import { readBoundedFile } from '../base/bounded-file.js';
import type { Clock } from '../base/clock.js';
import { makeFolder } from '../base/writable-folder.js';
import { giveToOwner } from './engine-folder.js';

export const REFUSALS = 'refused-engines.json';
/** The oldest go: they belong to machines, models and settings of long ago. */
const MOST = 200;
const MAX_BYTES = 1 << 20;
/** What depends on the moment (memory, disk, a crash) is tried so often. */
const MOST_TRIES = 3;

const schema = z.record(
  z.string().regex(/^[0-9a-f]{64}$/),
  z.object({
    code: z.string().max(100),
    reason: z.string().max(2000),
    hint: z.string().max(2000).optional(),
    /** The same would come of another try. */
    final: z.boolean(),
    tries: z.number().int().min(1),
    /** ISO 8601. */
    at: z.string().max(100),
  }),
);

export type Refusal = z.output<typeof schema>[string];

/** By key of the engine, oldest first. */
export type Refusals = ReadonlyMap<string, Refusal>;

/** Whether to leave it at that. */
export function isSettled(refusal: Refusal | undefined): boolean {
  return refusal !== undefined && (refusal.final || refusal.tries >= MOST_TRIES);
}

/** Of this cache; none where the file is missing or cannot be understood, since it only saves time. */
export async function readRefusals(cacheFolder: string): Promise<Refusals> {
  try {
    const text = (await readBoundedFile(join(cacheFolder, REFUSALS), MAX_BYTES)).toString('utf8');
    return new Map(Object.entries(schema.parse(JSON.parse(text))));
  } catch {
    return new Map();
  }
}

/** Adds one more try that came to nothing. Two processes that note at once may lose one: it is tried once more. */
export async function noteRefusal(
  cacheFolder: string,
  key: string,
  refusal: Omit<Refusal, 'tries' | 'at'>,
  clock: Pick<Clock, 'wallMs'>,
): Promise<void> {
  const all = new Map(await readRefusals(cacheFolder));
  const tries = (all.get(key)?.tries ?? 0) + 1;
  all.delete(key);
  const { code, reason, hint, final } = refusal;
  all.set(key, {
    ...{ code, final, tries, at: new Date(clock.wallMs()).toISOString() },
    reason: reason.slice(0, 2000),
    ...(hint === undefined ? {} : { hint: hint.slice(0, 2000) }),
  });
  await write(cacheFolder, [...all].slice(-MOST));
}

/** It may be tried as if never before. */
export async function forgetRefusal(cacheFolder: string, key: string): Promise<void> {
  const all = new Map(await readRefusals(cacheFolder));
  if (all.delete(key)) await write(cacheFolder, [...all]);
}

async function write(cacheFolder: string, entries: [string, Refusal][]): Promise<void> {
  const path = join(cacheFolder, REFUSALS);
  await makeFolder(cacheFolder);
  await writeFileAtomic(path, `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`);
  await giveToOwner(path);
}
