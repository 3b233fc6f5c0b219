/** `detectd engines verify`: reads every engine whole, as it is read before it is loaded. */
import { Command } from 'commander';
import { systemClock } from '../base/clock.js';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError } from '../base/errors.js';
import { printable } from '../base/printable.js';
import { configuredCache, shortKey } from './configured-cache.js';
import type { Interruption } from './interruption.js';
import { ProgressLine } from './progress-line.js';

interface Verified {
  key: string;
  good: boolean;
  /** What is wrong; null when nothing is. */
  reason: string | null;
  /** Its new name; null where it was not moved. */
  set_aside: string | null;
}

export function verifyCommand(io: CommandIo, interruption: Interruption): Command {
  return new Command('verify')
    .description('read every engine whole; damaged ones are set aside')
    .action(({ config, json }: { config?: string; json: boolean }) =>
      interruption.guard((signal) => verify(io, config, json, signal)),
    );
}

async function verify(
  io: CommandIo,
  file: string | undefined,
  json: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { cache } = await configuredCache(io, file);
  const { engines, bytes } = await cache.list();
  const worthwhile = bytes > 100e6;
  const options = { io, clock: systemClock, total: engines.length, noun: 'engines', worthwhile };
  const progress = new ProgressLine(options);
  const verified: Verified[] = [];
  try {
    for (const { key } of engines) {
      const found = await cache.inspect(key, { signal, setAside: true });
      progress.advance();
      if (found.state === 'missing') continue;
      if (found.state === 'usable') await found.engine.close();
      const bad = found.state === 'bad' ? found : undefined;
      const outcome = { key, good: bad === undefined, reason: bad?.reason ?? null };
      verified.push({ ...outcome, set_aside: bad?.setAside ?? null });
      if (!json) progress.out(line(verified.at(-1) as Verified));
    }
  } finally {
    progress.close();
  }
  if (json) io.out(`${JSON.stringify({ engines: verified })}\n`);
  else if (verified.length === 0) io.out('There is no engine in the cache yet.\n');
  const damaged = verified.filter(({ good }) => !good).length;
  if (damaged === 0) return;
  throw new DetectdError(
    'ENGINE_BAD',
    `${damaged} of ${verified.length} engines ${damaged === 1 ? 'is' : 'are'} damaged.`,
    'They are not loaded but built again when they are wanted; look into the log of the system for faults of the disk.',
  );
}

function line({ key, good, reason, set_aside: setAside }: Verified): string {
  if (good) return `${shortKey(key)}  good\n`;
  return `${printable(`${shortKey(key)}  damaged: ${reason}${setAside === null ? '' : `; set aside as ${setAside}`}`)}\n`;
}
