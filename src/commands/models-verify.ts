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
import { findConfig, resolveFolders } from '../config/folders.js';
import { nameSchema } from '../config/name-schema.js';
import type { Config, ModelConfig } from '../config/schema.js';
import { readStoredSlot } from '../models/model-store.js';
import { modelWish } from '../models/model-target.js';
import { readTrustedKeys } from '../models/trust-keys.js';
import { type ArchiveReport, type ArchiveWish, checkArchive } from './archive-check.js';
import { loadAsDaemon } from './config-documents.js';
import type { Interruption } from './interruption.js';
import { ProgressLine } from './progress-line.js';
import { checkStored, type StoredReport } from './stored-check.js';

interface VerifyOptions {
  key: string[];
  config?: string;
  sha256?: string;
  model?: string;
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
    .argument(
      '<archive|model>',
      'archive, with its signature beside it as ARCHIVE.minisig, or a configured model',
    )
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
    .option(
      '-m, --model <name>',
      'hold the archive against what the configuration wants of this model, and its store has',
    )
    .option('--samples', 'run it on its samples, too', false)
    .option('--json', 'print one JSON object', false)
    .action((subject: string, options: VerifyOptions) =>
      interruption.guard((signal) =>
        nameSchema.safeParse(subject).success
          ? verifyStored(io, subject, options, signal)
          : verifyArchive(io, subject, options, signal),
      ),
    );
}

async function verifyStored(
  io: CommandIo,
  name: string,
  options: VerifyOptions,
  signal: AbortSignal,
): Promise<void> {
  const config = await requiredConfig(io, options);
  const { state } = resolveFolders(config, { env: io.env });
  const report = await checkStored(name, configuredModel(config, name), state, signal);
  io.out(options.json ? `${JSON.stringify(report)}\n` : printableText(storedText(report)));
  const error = report.error ?? report.versions.find((version) => version.error !== null)?.error;
  if (error !== undefined && error !== null) throw DetectdError.fromData(error);
}

async function verifyArchive(
  io: CommandIo,
  archive: string,
  options: VerifyOptions,
  signal: AbortSignal,
): Promise<void> {
  const config = await foundConfig(io, options);
  const entries = options.key.length > 0 ? options.key : (config?.updates.keys ?? []);
  const wish = await wishOf(io, options);
  const size = await stat(archive).then(
    (found) => found.size,
    () => 0,
  );
  const worthwhile = size > WORTHWHILE_BYTES || options.samples;
  const progress = new ProgressLine({ io, clock: systemClock, total: 1, noun: 'archives', worthwhile });
  let report: ArchiveReport;
  try {
    report = await checkArchive(archive, {
      keys: await readTrustedKeys(entries),
      wish,
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

async function wishOf(io: CommandIo, options: VerifyOptions): Promise<ArchiveWish> {
  const { model, sha256: given } = options;
  if (model === undefined) return { ...NOTHING, target: { ...NOTHING.target, sha256: given } };
  const config = await requiredConfig(io, options);
  const { target, classes, downgrade } = modelWish(configuredModel(config, model));
  const { state } = resolveFolders(config, { env: io.env });
  const { active, highest } = await readStoredSlot(state, model);
  const wanted = { sha256: given ?? target.sha256, version: target.version };
  return { model, target: wanted, classes, downgrade, active, highest };
}

async function requiredConfig(io: CommandIo, { config: file }: VerifyOptions): Promise<Config> {
  return (await loadAsDaemon(io, file)).config;
}

/** Undefined where none is named and none is found. */
async function foundConfig(io: CommandIo, options: VerifyOptions): Promise<Config | undefined> {
  if (options.config === undefined && options.key.length > 0) return undefined;
  const config = options.config ?? (await findConfig(io.env).catch(() => undefined));
  return config === undefined ? undefined : requiredConfig(io, { ...options, config });
}

function configuredModel({ models }: Config, name: string): ModelConfig {
  const model = Object.hasOwn(models, name) ? models[name] : undefined;
  if (model !== undefined) return model;
  throw new DetectdError(
    'UPDATE_UNKNOWN',
    `The configuration has no model "${name}".`,
    `Known are ${Object.keys(models).join(', ')}; an archive is meant by its path, such as ./${name}.`,
  );
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

function storedText({ model, versions, error }: StoredReport): string {
  const lines = versions.map((stored) => {
    const by = stored.signed_by === null ? '' : `, signed by ${stored.signed_by}`;
    const state = stored.error === null ? 'whole' : `damaged: ${stored.error.message}`;
    return `${stored.role.padEnd(11)}${stored.name ?? model} ${stored.version} ${stored.digest}${by}: ${state}\n`;
  });
  return `${lines.join('')}${'verdict'.padEnd(11)}${error === null ? 'good' : error.code}\n`;
}
