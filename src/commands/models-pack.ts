/**
 * `detectd models pack`: makes an archive of a bundle folder, and lets nobody have it before it was unpacked,
 * read, prepared and run as it will be where it is used. The folder itself is not changed.
 */
import { mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { Command } from 'commander';
import { syncFolder } from '../base/atomic-file.js';
import { systemClock } from '../base/clock.js';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError, messageOf } from '../base/errors.js';
import { printableText } from '../base/printable.js';
import { ensureFolder } from '../base/writable-folder.js';
import { openBundle } from '../bundle/bundle.js';
import { digestOfFile, listBundleFiles, oddFilesProblem } from '../bundle/bundle-files.js';
import { draftManifest, type ManifestDraft } from '../bundle/manifest-draft.js';
import { type PackedFile, packFiles } from '../bundle/pack.js';
import { readSamples } from '../bundle/samples.js';
import { type BundleReport, reportBundle } from './bundle-report.js';
import type { Interruption } from './interruption.js';
import { refuseProblems } from './models-inspect.js';
import { ProgressLine } from './progress-line.js';
import { checkSamples, type SampleCheck } from './sample-check.js';

interface PackOptions {
  output?: string;
  name?: string;
  version?: string;
  licence?: string;
  refresh: boolean;
  replace: boolean;
  run: boolean;
  dryRun: boolean;
  json: boolean;
}

export interface PackResult {
  /** Path of the archive; null when none was to be made. */
  archive: string | null;
  bytes: number;
  /** Of the archive file. */
  digest: string;
  /** Of the bundle in it, which results name. */
  bundle_digest: string;
  name: string;
  version: string;
  family: string | null;
  files: string[];
  /** Hidden files that were left out. */
  left_out: string[];
  manifest_changes: string[];
  /** What running it gave; null when it was not to be run. */
  check: SampleCheck | null;
}

const MANIFEST = 'manifest.json';

export function packCommand(io: CommandIo, interruption: Interruption): Command {
  return new Command('pack')
    .description('make a checked archive of a bundle folder; the same folder always gives the same bytes')
    .argument('<folder>', 'bundle: model.onnx, infer_cfg.yml and what belongs to them')
    .option('-o, --output <file>', 'archive to make (default: NAME-VERSION.tar.gz in the current folder)')
    .option('--name <name>', 'name in the manifest')
    .option('--version <version>', 'version in the manifest')
    .option('--licence <licence>', 'licence in the manifest, such as Apache-2.0')
    .option('--refresh', 'accept files that were changed since the manifest was written', false)
    .option('--replace', 'replace an archive that exists', false)
    .option('--no-run', 'do not run the model on its samples')
    .option('--dry-run', 'check everything, but leave no archive', false)
    .option('--json', 'print one JSON object', false)
    .action((folder: string, options: PackOptions) =>
      interruption.guard(async (signal) => {
        const result = await pack(io, folder, options, signal);
        io.out(options.json ? `${JSON.stringify(result)}\n` : printableText(resultText(result)));
      }),
    );
}

async function pack(
  io: CommandIo,
  folder: string,
  options: PackOptions,
  signal: AbortSignal,
): Promise<PackResult> {
  const progress = new ProgressLine({ io, clock: systemClock, total: 4, noun: 'steps', worthwhile: true });
  const scratchFolder = await mkdtemp(join(tmpdir(), 'detectd-'));
  let beside: string | undefined;
  try {
    progress.detail('reading the files');
    await requireFolder(folder);
    // Everything that a person can mend is found before time is spent on packing.
    if (!options.refresh) await openBundle(folder, scratchFolder);
    const { files, hidden, draft } = await gather(folder, options);
    const target = resolve(options.output ?? defaultName(draft));
    await checkTarget(target, folder, options);
    if (!options.dryRun) await ensureFolder(dirname(target), '--output');
    progress.advance();

    progress.detail('packing');
    beside = await mkdtemp(
      options.dryRun ? join(scratchFolder, 'pack-') : join(dirname(target), '.detectd-'),
    );
    const archive = join(beside, basename(target));
    const packed = await writing(target, () => packFiles(files, archive));
    signal.throwIfAborted();
    progress.advance();

    progress.detail('unpacking and preparing');
    const { unpacked, report } = await unpackAgain(archive, folder, scratchFolder);
    progress.advance();

    const check = options.run
      ? await checkSamples({
          bundle: unpacked,
          samples: await readSamples(unpacked),
          env: io.env,
          scratchFolder,
          signal,
          onPicture: (name) => progress.detail(`running on ${name}`),
        })
      : null;
    signal.throwIfAborted();
    if (!options.dryRun) await writing(target, () => putInPlace(archive, target));
    return {
      archive: options.dryRun ? null : target,
      ...packed,
      bundle_digest: report.digest,
      name: draft.name,
      version: draft.version,
      family: report.family,
      files: files.map(({ path }) => path),
      left_out: hidden,
      manifest_changes: draft.changes,
      check,
    };
  } finally {
    progress.close();
    if (beside !== undefined) await rm(beside, { recursive: true, force: true });
    await rm(scratchFolder, { recursive: true, force: true });
  }
}

/** Opens the archive as whoever gets it will. Errors name the folder that it was made of. */
async function unpackAgain(
  archive: string,
  folder: string,
  scratchFolder: string,
): Promise<{ unpacked: string; report: BundleReport }> {
  try {
    const { folder: unpacked } = await openBundle(archive, scratchFolder);
    const report = await reportBundle(archive, scratchFolder);
    refuseProblems(report);
    return { unpacked, report };
  } catch (error) {
    const { code, message, hint } = DetectdError.from(error);
    const unpacked = join(scratchFolder, (await digestOfFile(archive)).replace('sha256:', ''));
    const said = message.replaceAll(archive, folder).replaceAll(unpacked, folder);
    throw new DetectdError(code, said, hint, { cause: error });
  }
}

async function requireFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  const problem = found === undefined ? 'does not exist' : 'is no folder';
  const hint = 'Name the folder with model.onnx and infer_cfg.yml; an archive can be unpacked with tar.';
  throw new DetectdError('BUNDLE_NOT_FOUND', `The bundle ${folder} ${problem}.`, hint);
}

async function gather(
  folder: string,
  options: PackOptions,
): Promise<{ files: PackedFile[]; hidden: string[]; draft: ManifestDraft }> {
  const { files, odd, hidden } = await listBundleFiles(folder);
  const oddities = oddFilesProblem(folder, odd);
  if (oddities !== undefined) throw oddities;
  const digests: [string, string][] = [];
  for (const { path } of files)
    if (path !== MANIFEST) digests.push([path, await digestOfFile(join(folder, path))]);
  const hasManifest = files.some(({ path }) => path === MANIFEST);
  const where = join(folder, MANIFEST);
  const draft = draftManifest({
    existing: hasManifest ? await readFile(where, 'utf8') : undefined,
    where,
    digests: Object.fromEntries(digests),
    name: options.name,
    version: options.version,
    licence: options.licence,
    defaultName: basename(resolve(folder)),
    refresh: options.refresh,
  });
  const manifest = Buffer.from(draft.text);
  const packed: PackedFile[] = files
    .filter(({ path }) => path !== MANIFEST)
    .map((file) => ({ ...file, from: join(folder, file.path) }));
  packed.push({ path: MANIFEST, bytes: manifest.length, from: manifest });
  packed.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files: packed, hidden, draft };
}

function defaultName({ name, version }: ManifestDraft): string {
  const plain = `${name}-${version}`.replace(/[^\w.-]+/g, '-').replace(/^[.-]+/, '');
  return `${plain || 'bundle'}.tar.gz`;
}

async function checkTarget(target: string, folder: string, { replace }: PackOptions): Promise<void> {
  if (!/\.(tar\.gz|tgz)$/i.test(target))
    throw new DetectdError(
      'USAGE',
      `${target} does not end in .tar.gz.`,
      'Bundles are known by that ending.',
    );
  const within = relative(resolve(folder), target);
  if (!within.startsWith('..'))
    throw new DetectdError(
      'USAGE',
      `${target} lies in the bundle itself.`,
      'Put it elsewhere with --output.',
    );
  const there = await stat(target).catch(() => undefined);
  if (there === undefined || (replace && there.isFile())) return;
  const hint = there.isFile() ? 'Give another name with --output, or --replace.' : 'Give another --output.';
  throw new DetectdError('USAGE', `${target} exists already.`, hint);
}

async function putInPlace(archive: string, target: string): Promise<void> {
  await rename(archive, target);
  await syncFolder(dirname(target));
}

async function writing<T>(target: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DetectdError) throw error;
    throw new DetectdError(
      'OUTPUT_UNWRITABLE',
      `The archive ${target} cannot be written: ${messageOf(error)}.`,
      'Free some space, or give another --output.',
      { cause: error },
    );
  }
}

function resultText(result: PackResult): string {
  const { archive, bytes, digest, bundle_digest, name, version, files, check } = result;
  const made = archive === null ? 'would make an archive' : `made ${archive}`;
  const lines = [
    `${made}: ${name} ${version}, ${files.length} files, ${bytes} bytes`,
    `  archive ${digest}`,
    `  bundle  ${bundle_digest}`,
    ...result.manifest_changes.map((change) => `  manifest: ${change}`),
    ...result.left_out.map((path) => `  left out: ${path}`),
    `  ${checkText(check)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function checkText(check: SampleCheck | null): string {
  if (check === null) return 'not run';
  const { pictures, detections, worst_px, worst_score, provider } = check;
  if (pictures === 0) return `runs on ${provider}; it has no samples to hold it against`;
  return `runs on ${provider}: ${detections} expected detections in ${pictures} samples found, within ${worst_px} px and ${worst_score} of the score`;
}
