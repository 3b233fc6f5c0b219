/**
 * `detectd models verify`: whether an archive would be taken here, without a network or a daemon. With the name of a
 * configured model: whether what serves is as it was stored.
 */
import { stat } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { systemClock } from '../base/clock.js';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError } from '../base/errors.js';
import { printableText } from '../base/printable.js';
import { findConfig } from '../config/folders.js';
import { type LoadedConfig, loadConfig } from '../config/load.js';
import { readTrustedKeys } from '../models/trust-keys.js';
import { type ArchiveReport, type ArchiveWish, checkArchive } from './archive-check.js';
import type { Interruption } from './interruption.js';
import { ProgressLine } from './progress-line.js';

interface VerifyOptions {
  key: string[];
  config?: string;
  sha256?: string;
  samples: boolean;
  json: boolean;
}

/** More bytes than these take a while. */
const WORTHWHILE_BYTES = 50e6;

const NOTHING: ArchiveWish = {
  model: 'the archive',
  target: { sha256: undefined, version: undefined },
  classes: 'any',
  downgrade: true,
  active: undefined,
  highest: undefined,
};

export function verifyCommand(io: CommandIo, interruption: Interruption): Command {
  return new Command('verify')
    .description('check an archive as a device does before it takes it: digest, signature, expiry, content')
    .argument('<archive>', 'archive of a bundle; its signature is looked for beside it, as ARCHIVE.minisig')
    .option(
      '-k, --key <key>',
      'public key that may have signed it, RW… or a .pub file; may be repeated',
      gather,
      [],
    )
    .option(
      '-c, --config <file>',
      'take updates.keys of this file instead; default: the one that "run" would read',
    )
    .option('--sha256 <digest>', 'that it must have', sha256)
    .option('--samples', 'run it on its samples, too', false)
    .option('--json', 'print one JSON object', false)
    .action((archive: string, options: VerifyOptions) =>
      interruption.guard((signal) => verify(io, archive, options, signal)),
    );
}

async function verify(
  io: CommandIo,
  archive: string,
  options: VerifyOptions,
  signal: AbortSignal,
): Promise<void> {
  const keys = await readTrustedKeys(
    options.key.length > 0 ? options.key : await configuredKeys(io, options),
  );
  const size = await stat(archive).then(
    (found) => found.size,
    () => 0,
  );
  const worthwhile = size > WORTHWHILE_BYTES || options.samples;
  const progress = new ProgressLine({ io, clock: systemClock, total: 1, noun: 'archives', worthwhile });
  let report: ArchiveReport;
  try {
    report = await checkArchive(archive, {
      keys,
      wish: { ...NOTHING, target: { ...NOTHING.target, sha256: options.sha256 } },
      samples: options.samples,
      nowMs: systemClock.wallMs(),
      env: io.env,
      signal,
      onProgress: (part, doing) => progress.part(part, doing),
      bytes: size,
    });
  } finally {
    progress.close();
  }
  io.out(options.json ? `${JSON.stringify(report)}\n` : printableText(reportText(report)));
  if (report.error !== null) throw DetectdError.fromData(report.error);
}

/** Of the configuration that is named, or that is found; none where there is none. */
async function configuredKeys(io: CommandIo, { config: file }: VerifyOptions): Promise<string[]> {
  const path = file ?? (await findConfig(io.env).catch(() => undefined));
  if (path === undefined) return [];
  const { config }: LoadedConfig = await loadConfig(path, { env: io.env });
  return config.updates.keys;
}

/** A commander parser that gathers what is given several times. */
function gather(text: string, before: string[]): string[] {
  return [...before, text];
}

/** A commander parser for a SHA-256, with or without its prefix. */
function sha256(text: string): string {
  const digits = text.toLowerCase().replace(/^sha256:/, '');
  if (!/^[0-9a-f]{64}$/.test(digits)) throw new InvalidArgumentError('It must be 64 hexadecimal digits.');
  return digits;
}

const SIGNATURES: Record<ArchiveReport['signature'], string> = {
  good: 'holds',
  bad: 'does not hold',
  missing: 'none',
  unchecked: 'not checked: no key was given, and none is configured',
};

function reportText(report: ArchiveReport): string {
  const { archive, sha256: digest, signature, key_id, signed, expires, error, samples } = report;
  const by = [key_id === null ? '' : `, by ${key_id}`, signed === null ? '' : `, of ${signed}`];
  const until = expires === null ? '' : `, to be taken until ${expires}`;
  const rows: [string, string | null][] = [
    ['archive', archive],
    ['sha256', digest],
    ['signature', `${SIGNATURES[signature]}${by.join('')}${until}`],
    ['bundle', report.bundle_digest],
    [
      'model',
      report.version === null
        ? null
        : `${report.name ?? '(no name)'} ${report.version}, ${report.classes} classes`,
    ],
    [
      'samples',
      samples === null
        ? null
        : `${samples.detections} expected detections in ${samples.pictures} pictures found on ${samples.provider}`,
    ],
    ['verdict', error === null ? 'good' : `refused: ${error.code}`],
  ];
  return rows.map(([name, text]) => (text === null ? '' : `${name.padEnd(11)}${text}\n`)).join('');
}
