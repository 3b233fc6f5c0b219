/**
 * `detectd models sign`: signs an archive in minisign's format, and says in the signature which model and version it
 * is. What is signed was unpacked and read first, so that nobody signs a broken archive.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { writeFileAtomic } from '../base/atomic-file.js';
import { readBoundedFile } from '../base/bounded-file.js';
import { systemClock } from '../base/clock.js';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError, messageOf } from '../base/errors.js';
import { printableText } from '../base/printable.js';
import { DEFAULT_ARCHIVE_LIMITS } from '../bundle/archive.js';
import { openBundle } from '../bundle/bundle.js';
import {
  MAX_SECRET_KEY_BYTES,
  parseSecretKey,
  type SecretKey,
  wantsPassword,
} from '../models/minisign-secret-key.js';
import { signPrehash } from '../models/minisign-sign.js';
import { claimComment, type ModelClaim, parseTime, timeText } from '../models/trust-comment.js';
import { type ArchiveDigests, digestArchive } from '../models/trust-digests.js';
import type { Interruption } from './interruption.js';
import { readPassword } from './password-source.js';
import { ProgressLine } from './progress-line.js';

interface SignOptions {
  key: string;
  passwordFile?: string;
  expires?: number;
  json: boolean;
}

interface SignResult {
  archive: string;
  signature: string;
  sha256: string;
  key_id: string;
  public_key: string;
  name: string;
  version: string;
  signed: string;
  /** Null: never. */
  expires: string | null;
}

export function signCommand(io: CommandIo, interruption: Interruption): Command {
  return new Command('sign')
    .description('sign an archive, as ARCHIVE.minisig, which minisign can verify too')
    .argument('<archive>', 'archive of a bundle, as "models pack" makes it')
    .requiredOption('-k, --key <file>', 'secret key, of "models keys generate" or minisign -G')
    .option(
      '--password-file <file>',
      'file with its password (default: MINISIGN_PASSWORD_FILE, or it is asked for)',
    )
    .option('--expires <date>', 'time after which nobody may take it anew, such as 2027-01-31', expiry)
    .option('--json', 'print one JSON object', false)
    .action((archive: string, options: SignOptions) =>
      interruption.guard(async (signal) => {
        const result = await sign(io, archive, options, signal);
        io.out(options.json ? `${JSON.stringify(result)}\n` : printableText(resultText(result)));
      }),
    );
}

async function sign(
  io: CommandIo,
  archive: string,
  options: SignOptions,
  signal: AbortSignal,
): Promise<SignResult> {
  const nowMs = systemClock.wallMs();
  if (options.expires !== undefined && options.expires <= nowMs)
    throw new DetectdError('USAGE', `${timeText(options.expires)} is over.`, 'Give a later --expires.');
  const key = await readSecretKey(io, options);
  const { digests, name, version } = await describe(io, archive, signal);
  const { sha256 } = digests;
  const claim: ModelClaim = { name, version, sha256, signedMs: nowMs, expiresMs: options.expires };
  const target = `${resolve(archive)}.minisig`;
  const text = signPrehash(digests.message, claimComment(claim), key);
  await writeFileAtomic(target, text).catch((error: unknown) => {
    throw new DetectdError(
      'OUTPUT_UNWRITABLE',
      `The signature ${target} cannot be written: ${messageOf(error)}.`,
      'The signature lies beside its archive; make that folder writable, or copy the archive elsewhere.',
      { cause: error },
    );
  });
  return {
    archive: resolve(archive),
    signature: target,
    sha256,
    key_id: key.publicKey.id,
    public_key: key.publicKey.text,
    name,
    version,
    signed: timeText(nowMs),
    expires: options.expires === undefined ? null : timeText(options.expires),
  };
}

/** Unpacks the archive, for a moment, and reads all that matters in it. */
async function describe(
  io: CommandIo,
  archive: string,
  signal: AbortSignal,
): Promise<{ digests: ArchiveDigests; name: string; version: string }> {
  const size = await stat(archive).then(
    (found) => found.size,
    () => 0,
  );
  const worthwhile = size > 50e6;
  const progress = new ProgressLine({ io, clock: systemClock, total: 1, noun: 'archives', worthwhile });
  const scratchFolder = await mkdtemp(join(tmpdir(), 'detectd-'));
  try {
    const digests = await digestArchive(archive, {
      message: 'prehash',
      maxBytes: DEFAULT_ARCHIVE_LIMITS.maxArchiveBytes,
      signal,
      onProgress: (bytes) => progress.part(bytes / (2 * size), 'reading'),
    });
    progress.part(0.5, 'unpacking');
    const { manifest, folder } = await openBundle(archive, scratchFolder);
    signal.throwIfAborted();
    if (!`${folder}${sep}`.startsWith(`${join(scratchFolder, digests.sha256)}${sep}`))
      throw new DetectdError(
        'BUNDLE_ARCHIVE',
        `The archive ${archive} changed while it was read.`,
        'Wait until whatever writes it is done, and sign again.',
      );
    if (manifest?.name === undefined || manifest.version === undefined)
      throw new DetectdError(
        'BUNDLE_MANIFEST',
        `The manifest of ${archive} says no ${manifest?.name === undefined ? 'name' : 'version'}, which a signature tells.`,
        'Make the archive with "detectd models pack", with --name and --version.',
      );
    return { digests, name: manifest.name, version: manifest.version };
  } finally {
    progress.close();
    await rm(scratchFolder, { recursive: true, force: true });
  }
}

async function readSecretKey(io: CommandIo, { key, passwordFile }: SignOptions): Promise<SecretKey> {
  let file: string;
  try {
    file = (await readBoundedFile(key, MAX_SECRET_KEY_BYTES)).toString('utf8');
  } catch (error) {
    throw new DetectdError(
      'KEY_INVALID',
      `The secret key ${key} cannot be read: ${messageOf(error)}.`,
      'Make one with "detectd models keys generate".',
      { cause: error },
    );
  }
  if (!wantsPassword(file)) return parseSecretKey(file, undefined);
  const { env, err } = io;
  const password = await readPassword({ file: passwordFile, env, err, fresh: false });
  if (io.errIsTerminal) err('Unlocking the key …\n');
  return parseSecretKey(file, password);
}

/** A commander parser for a day or an RFC 3339 time, in milliseconds since the Unix epoch. */
function expiry(text: string): number {
  const ms = parseTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T23:59:59Z` : text);
  if (ms === undefined)
    throw new InvalidArgumentError(
      'It must be a date such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z.',
    );
  return ms;
}

function resultText({
  archive,
  signature,
  sha256,
  key_id,
  public_key,
  name,
  version,
  expires,
}: SignResult): string {
  const lines = [
    `signed ${archive}: ${name} ${version}${expires === null ? '' : `, to be taken until ${expires}`}`,
    `  signature ${signature}`,
    `  sha256    ${sha256}`,
    `  key       ${key_id}; devices trust it by updates.keys: [${public_key}]`,
  ];
  return `${lines.join('\n')}\n`;
}
