/**
 * Checks an archive as a device does before it takes it: digest and signature, then what is in it, and then whether
 * that is wanted. Nothing is unpacked before the first hold. What is found last is the reason why it would be refused.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBoundedFile } from '../base/bounded-file.js';
import { DetectdError, type ErrorData, messageOf, systemCode } from '../base/errors.js';
import { DEFAULT_ARCHIVE_LIMITS, unpackFresh } from '../bundle/archive.js';
import { bundleRoot } from '../bundle/bundle.js';
import { readSamples } from '../bundle/samples.js';
import { MAX_SIGNATURE_BYTES } from '../models/minisign-signature.js';
import { judgeModel, type TrustQuestion } from '../models/trust.js';
import { type VerifiedArchive, verifyArchive } from '../models/trust-archive.js';
import { timeText } from '../models/trust-comment.js';
import type { ConfiguredKey } from '../models/trust-keys.js';
import { type BundleReport, reportBundle } from './bundle-report.js';
import { refuseProblems } from './models-inspect.js';
import { checkSamples, type SampleCheck } from './sample-check.js';

/** What is wanted of it; nothing in particular by default. */
export type ArchiveWish = Pick<
  TrustQuestion,
  'model' | 'target' | 'classes' | 'downgrade' | 'active' | 'highest'
>;

export interface ArchiveCheckOptions {
  /** Those that may have signed it; without any its signature is not looked at. */
  keys: readonly ConfiguredKey[];
  wish: ArchiveWish;
  /** Run it on its samples. */
  samples: boolean;
  nowMs: number;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** What is being done, and how far that is, 0 to 1. */
  onProgress: (part: number, doing: string) => void;
  /** Bytes of the file, for the progress. */
  bytes: number;
}

export interface ArchiveReport {
  archive: string;
  bytes: number | null;
  sha256: string | null;
  /** `unchecked`: there is one, and no key to check it by. */
  signature: 'good' | 'bad' | 'missing' | 'unchecked';
  key_id: string | null;
  signed: string | null;
  expires: string | null;
  /** Of the bundle in it; null where it was not looked into. */
  bundle_digest: string | null;
  name: string | null;
  version: string | null;
  classes: number | null;
  /** Null where it was not run. */
  samples: SampleCheck | null;
  /** Why it would not be taken; null where it would. */
  error: ErrorData | null;
}

/** Throws the signal's reason alone. */
export async function checkArchive(path: string, options: ArchiveCheckOptions): Promise<ArchiveReport> {
  const report: ArchiveReport = {
    ...{ archive: path, bytes: null, sha256: null, signature: 'missing' },
    ...{ key_id: null, signed: null, expires: null, bundle_digest: null },
    ...{ name: null, version: null, classes: null, samples: null, error: null },
  };
  const scratchFolder = await mkdtemp(join(tmpdir(), 'detectd-'));
  const unpacked = join(scratchFolder, 'bundle');
  try {
    await fill(report, unpacked, options);
  } catch (error) {
    options.signal.throwIfAborted();
    const { code, message, hint } = DetectdError.from(error).toData();
    const said = message.replaceAll(unpacked, path);
    report.error = { code, message: said, ...(hint === undefined ? {} : { hint }) };
  } finally {
    await rm(scratchFolder, { recursive: true, force: true });
  }
  return report;
}

async function fill(report: ArchiveReport, unpacked: string, options: ArchiveCheckOptions): Promise<void> {
  const { keys, wish, signal, nowMs, onProgress, env } = options;
  const minisig = await readSignature(report.archive);
  if (minisig !== undefined) report.signature = keys.length === 0 ? 'unchecked' : 'bad';
  const verified = await verifyArchive(report.archive, wish.target.sha256, minisig, keys, {
    signal,
    onProgress: (bytes) => onProgress((0.6 * bytes) / Math.max(1, options.bytes), 'reading'),
  });
  enter(report, verified);
  const question: TrustQuestion = { ...wish, archive: verified, content: undefined, nowMs };
  requireYes(question);

  onProgress(0.6, 'unpacking');
  await unpackFresh(report.archive, unpacked, DEFAULT_ARCHIVE_LIMITS, verified.sha256);
  const root = await bundleRoot(unpacked);
  signal.throwIfAborted();
  onProgress(0.8, 'reading what is in it');
  const bundle = await reportBundle(root, unpacked);
  const { digest, name, labels } = bundle;
  const version = versionOf(bundle);
  Object.assign(report, { bundle_digest: digest, name, version: bundle.version, classes: labels.length });
  refuseProblems({ path: report.archive, problems: bundle.problems });
  requireYes({ ...question, content: { name: name ?? undefined, version, labels } });

  if (!options.samples) return;
  report.samples = await checkSamples({
    bundle: root,
    samples: await readSamples(root),
    env,
    scratchFolder: join(unpacked, '..'),
    signal,
    onPicture: (picture) => onProgress(0.9, `running on ${picture}`),
  });
}

function enter(report: ArchiveReport, { sha256, bytes, signature }: VerifiedArchive): void {
  report.sha256 = sha256;
  report.bytes = bytes;
  if (signature === undefined) return;
  report.signature = 'good';
  report.key_id = signature.keyId;
  if (signature.claim === undefined) return;
  const { signedMs, expiresMs } = signature.claim;
  report.signed = timeText(signedMs);
  report.expires = expiresMs === undefined ? null : timeText(expiresMs);
}

/** Throws what the model would be refused with. */
function requireYes(question: TrustQuestion): void {
  const verdict = judgeModel(question);
  if (verdict.take === 'yes') return;
  if (verdict.take === 'no') throw DetectdError.fromData(verdict.error);
  throw new DetectdError(
    'MODEL_EXPIRED',
    `Whether the signature is still good cannot be told: ${verdict.reason}.`,
    'Set the clock of this machine; a device waits until its own is right.',
  );
}

/** Undefined where the manifest says none. */
function versionOf({ manifest }: BundleReport): string | undefined {
  const version = manifest?.['version'];
  return typeof version === 'string' ? version : undefined;
}

async function readSignature(archive: string): Promise<string | undefined> {
  const path = `${archive}.minisig`;
  try {
    return (await readBoundedFile(path, MAX_SIGNATURE_BYTES)).toString('utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new DetectdError(
      'MODEL_BAD_SIGNATURE',
      `The signature ${path} cannot be read: ${messageOf(error)}.`,
      'It must be the .minisig file of the archive.',
      { cause: error },
    );
  }
}
