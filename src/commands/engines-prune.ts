/** `detectd engines prune`: removes what is damaged, left over or beyond the size; never an engine in use. */
import { Command } from 'commander';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError } from '../base/errors.js';
import { printable } from '../base/printable.js';
import type { PruneReport } from '../engines/cache-pruning.js';
import { wholeNumber } from './arguments.js';
import { configuredCache, megabytes } from './configured-cache.js';
import type { Interruption } from './interruption.js';

interface PruneCommandOptions {
  config?: string;
  json: boolean;
  maxSizeMb?: number;
  all: boolean;
}

export function pruneCommand(io: CommandIo, interruption: Interruption): Command {
  return new Command('prune')
    .description('remove damaged engines, leftovers, and by last use what is beyond the configured size')
    .option('--max-size-mb <number>', 'another size to keep to', wholeNumber(0, 1_000_000))
    .option('--all', 'remove every engine that is not in use', false)
    .action((options: PruneCommandOptions) => interruption.guard(() => prune(io, options)));
}

async function prune(io: CommandIo, options: PruneCommandOptions): Promise<void> {
  const { cache, maxBytes: configured } = await configuredCache(io, options.config);
  const leftovers = await cache.start();
  const maxBytes = options.all ? 0 : (options.maxSizeMb ?? configured / 1e6) * 1e6;
  const report = await cache.prune({ maxBytes, keepBad: 0, keepLast: !options.all });
  if (options.json)
    io.out(
      `${JSON.stringify({ leftovers, removed: report.removed, kept: report.kept, bytes: report.bytes, excess_bytes: report.excessBytes })}\n`,
    );
  else io.out(pruneText(report, leftovers));
  const [failed] = report.kept;
  if (failed !== undefined)
    throw new DetectdError(
      'ENGINE_CACHE',
      `${report.kept.length} of those that should go cannot be removed: ${failed.reason}`,
      'Run it as the user of the daemon or as root.',
    );
}

export function pruneText({ removed, bytes, excessBytes }: PruneReport, leftovers: string[]): string {
  const lines = [
    ...leftovers.map((name) => `removed ${name}: left by a process that died`),
    ...removed.map((each) => `removed ${each.name}: ${each.why}, ${megabytes(each.bytes)}`),
    `${megabytes(bytes)} ${removed.length + leftovers.length === 0 ? 'are kept; nothing had to go' : 'are left'}`,
    ...(excessBytes > 0
      ? [`${megabytes(excessBytes)} too much: engines in use, and the last used, stay`]
      : []),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}
