/**
 * `detectd detect`: pictures, folders and videos in, detections out, with the exact pre-processing of the
 * model's publisher. One line per picture on standard output; everything else goes to standard error.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { systemClock } from '../base/clock.js';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError } from '../base/errors.js';
import { printableText } from '../base/printable.js';
import { ensureFolder } from '../base/writable-folder.js';
import { childEnvironment } from '../health/sd-notify.js';
import type { DetectJob } from '../ipc/detect-protocol.js';
import { DetectorHost } from '../supervisor/detector-host.js';
import { fraction, MAX_THREADS, oneOf, wholeNumber } from './arguments.js';
import type { Interruption } from './interruption.js';
import { pictureFiles } from './picture-files.js';
import { jsonLine, textLine } from './picture-line.js';
import { ProgressLine } from './progress-line.js';

const PROVIDERS = ['auto', 'cpu', 'cuda', 'tensorrt'] as const;

interface DetectOptions {
  bundle: string;
  threshold: number;
  json: boolean;
  output?: string;
  threads: number;
  provider: (typeof PROVIDERS)[number];
}

export function detectCommand(io: CommandIo, interruption: Interruption): Command {
  return new Command('detect')
    .description('find objects in pictures, folders and videos')
    .argument('<files...>', 'pictures, videos, or folders of them; folders inside folders are left out')
    .requiredOption('--bundle <path>', 'model bundle: a folder or .tar.gz with model.onnx and infer_cfg.yml')
    .option('--threshold <score>', 'drop detections at or below this score', fraction, 0.5)
    .option('--json', 'one JSON object per picture and line', false)
    .option('--output <folder>', 'write pictures with the detections drawn into this folder')
    .option(
      '--threads <number>',
      'CPU threads inside one inference; 0 lets the runtime decide',
      wholeNumber(0, MAX_THREADS),
      0,
    )
    .option('--provider <name>', `execution provider: ${PROVIDERS.join(', ')}`, oneOf(PROVIDERS), 'auto')
    .action((files: string[], options: DetectOptions) =>
      interruption.guard((signal) => detect(io, files, options, signal)),
    );
}

async function detect(
  io: CommandIo,
  files: string[],
  options: DetectOptions,
  signal: AbortSignal,
): Promise<void> {
  const jobs = await pictureFiles(files, options.output);
  if (options.output !== undefined) await ensureFolder(options.output, '--output');
  const scratchFolder = await mkdtemp(join(tmpdir(), 'detectd-'));
  const newHost = (): DetectorHost =>
    new DetectorHost({
      module: new URL('../worker/detect-main.js', import.meta.url),
      env: childEnvironment(io.env),
      clock: systemClock,
      scratchFolder,
      signal,
      model: {
        name: 'model',
        bundle: resolve(options.bundle),
        threshold: options.threshold,
        provider: options.provider,
        precision: 'fp32',
        threads: options.threads,
      },
    });
  const worthwhile = jobs.length > 1 || jobs.some(({ kind }) => kind === 'video');
  const total = jobs.length;
  const progress = new ProgressLine({ io, clock: systemClock, total, noun: 'files', worthwhile });
  try {
    const failures = await analyseAll(jobs, { options, progress, newHost, signal });
    progress.close();
    summarise(failures, total);
  } finally {
    progress.close();
    await rm(scratchFolder, { recursive: true, force: true });
  }
}

interface Run {
  options: DetectOptions;
  progress: ProgressLine;
  newHost: () => DetectorHost;
  signal: AbortSignal;
}

/** The errors of the files that could not be analysed. */
async function analyseAll(jobs: DetectJob[], run: Run): Promise<DetectdError[]> {
  const { options, progress, newHost, signal } = run;
  const failures: DetectdError[] = [];
  let host = newHost();
  try {
    await host.start();
    for (const job of jobs) {
      if (!host.alive) {
        // A file took the process with it; the others are not to suffer.
        await host.close();
        host = newHost();
        await host.start();
      }
      try {
        await host.analyse(job, (result) => {
          progress.out(`${options.json ? jsonLine(job, result) : textLine(job, result)}\n`);
          if (job.kind === 'video') progress.detail(`frame ${result.index}`);
        });
      } catch (thrown) {
        signal.throwIfAborted();
        const error = host.alive ? DetectdError.from(thrown) : fatalFile(job, DetectdError.from(thrown));
        failures.push(error);
        tell(job, error, jobs.length, run);
      }
      progress.advance();
    }
  } finally {
    await host.close();
  }
  return failures;
}

function fatalFile({ path }: DetectJob, { code, message, hint }: DetectdError): DetectdError {
  return new DetectdError(code, `While ${path} was analysed: ${message}`, hint);
}

function tell(job: DetectJob, error: DetectdError, files: number, { options, progress }: Run): void {
  if (options.json) progress.out(`${JSON.stringify({ image: job.path, error: error.toData() })}\n`);
  // The error of an only file is the command's own.
  if (files === 1) return;
  const { code, message, hint } = error;
  progress.err(printableText(`${code}: ${message}\n${hint === undefined ? '' : `  ${hint}\n`}`));
}

/** Throws when files could not be analysed. */
function summarise(failures: DetectdError[], files: number): void {
  const [first] = failures;
  if (first === undefined) return;
  if (files === 1) throw first;
  throw new DetectdError(
    first.code,
    `${failures.length} of ${files} files could not be analysed.`,
    'Each is named above with its reason.',
  );
}
