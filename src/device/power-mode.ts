/**
 * The power mode of a Jetson: it changes which kernels are fastest, so engines built in one are not the best in
 * another. `nvpmodel -q` says it; the files that it writes and reads say it too where it cannot be run.
 */
import type { SystemFiles } from './system-files.js';

/** "NV Power Mode: 25W\n1\n"; anything else, an error among it, is undefined. */
export function parsePowerMode(text: string): string | undefined {
  return /^NV Power Mode: *(\S[^\n]*?) *$/m.exec(text)?.[1];
}

/** /var/lib/nvpmodel/status, "pmode:0001": the number of the mode. */
export function parseModeStatus(text: string): number | undefined {
  const digits = /\bpmode: *(\d{1,4})\b/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** /etc/nvpmodel.conf, "< POWER_MODEL ID=1 NAME=25W >": the name of mode `id`. */
export function parseModeName(config: string, id: number): string | undefined {
  for (const [, number, name] of config.matchAll(/<\s*POWER_MODEL\s+ID=(\d{1,4})\s+NAME=(\S+)\s*>/g))
    if (Number(number) === id) return name;
  return undefined;
}

/** By the files alone, without running a program; undefined where there is no such mode. Rejects when unreadable. */
export async function readPowerMode(files: SystemFiles): Promise<string | undefined> {
  const id = parseModeStatus(await files.read('/var/lib/nvpmodel/status'));
  if (id === undefined) return undefined;
  const name = parseModeName(await files.read('/etc/nvpmodel.conf').catch(() => ''), id);
  return name ?? `mode ${id}`;
}
