/** `detectd engines list`: every engine in the cache, and what else is there. */
import { Command } from 'commander';
import type { CommandIo } from '../base/command-io.js';
import { printable, printableText } from '../base/printable.js';
import type { CacheListing, ListedEngine } from '../engines/cache-listing.js';
import { configuredCache, megabytes, shortKey } from './configured-cache.js';
import type { Interruption } from './interruption.js';
import { textTable } from './text-table.js';

export function listCommand(io: CommandIo, interruption: Interruption): Command {
  return new Command('list')
    .description('list the engines: of which model, for what, how large, in use or not')
    .action(({ config, json }: { config?: string; json: boolean }) =>
      interruption.guard(async () => {
        const { cache, maxBytes } = await configuredCache(io, config);
        const listing = await cache.list();
        io.out(json ? `${JSON.stringify(listingData(listing, maxBytes))}\n` : listingText(listing, maxBytes));
      }),
    );
}

/** For programs. */
export function listingData(listing: CacheListing, maxBytes: number): Record<string, unknown> {
  return {
    folder: listing.folder,
    bytes: listing.bytes,
    max_bytes: maxBytes,
    engines: listing.engines.map(({ key, bytes, lastUse, inUse, manifest, problem }) => ({
      key,
      model: manifest?.model ?? null,
      provider: part(manifest, 'provider'),
      precision: part(manifest, 'precision'),
      bytes,
      in_use: inUse,
      last_use: lastUse,
      created: manifest?.created ?? null,
      detectd: manifest?.detectd ?? null,
      build_ms: manifest?.build.ms ?? null,
      parts: manifest?.parts ?? null,
      acceptance: manifest?.acceptance ?? null,
      problem: problem ?? null,
    })),
    set_aside: listing.bad.map(({ name, bytes, reason }) => ({ name, bytes, reason })),
    busy: listing.busy,
    leftovers: listing.leftovers,
    foreign: listing.foreign,
  };
}

/** For people. */
export function listingText(listing: CacheListing, maxBytes: number): string {
  const { folder, engines, bad, busy, leftovers, foreign, bytes } = listing;
  const lines = [`${folder}: ${megabytes(bytes)} of at most ${megabytes(maxBytes)}\n`];
  if (engines.length > 0) lines.push(`\n${textTable([HEADER, ...engines.map(row)])}`);
  else lines.push('There is no engine in it yet.\n');
  const more = [
    ...bad.map(({ name, reason }) => `set aside: ${name}: ${reason}`),
    ...busy.map((key) => `being built or removed: ${shortKey(key)}`),
    ...leftovers.map((name) => `left by a process that died, removed at the next start: ${name}`),
    ...foreign.map((name) => `not of detectd, left alone: ${name}`),
  ];
  if (more.length > 0) lines.push('\n', ...more.map((line) => `${printable(line)}\n`));
  return printableText(lines.join(''));
}

const HEADER = ['KEY', 'MODEL', 'PROVIDER', 'PRECISION', 'SIZE', 'BUILT', 'STATE'];

function row({ key, bytes, inUse, manifest, problem }: ListedEngine): unknown[] {
  const state = problem ?? (inUse ? 'in use' : 'not in use');
  const model = manifest && `${manifest.model.name} ${manifest.model.version}`;
  const kind = [part(manifest, 'provider'), part(manifest, 'precision')];
  return [shortKey(key), model, ...kind, megabytes(bytes), manifest?.created, state];
}

function part(manifest: ListedEngine['manifest'], name: string): unknown {
  return manifest?.parts.find((each) => each.name === name)?.value ?? null;
}
