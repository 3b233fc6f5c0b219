/**
 * `detectd detect`: pictures, folders and videos in, detections out, with the exact pre-processing of the
 * model's publisher. Results go to standard output or into a file, everything else to standard error.
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
import { threadPoolSize } from '../capture/thread-pool.js';
import { childEnvironment } from '../health/sd-notify.js';
import type { DetectJob } from '../ipc/detect-protocol.js';
import { DetectorHost } from '../supervisor/detector-host.js';
import { fraction, MAX_THREADS, oneOf, wholeNumber } from './arguments.js';
import { benchmark, benchmarkText } from './detect-benchmark.js';
import { DetectOutput, FORMATS, type Format } from './detect-output.js';
import type { DetectResults } from './detect-results.js';
import { drawnOutputs } from './drawn-outputs.js';
import type { Interruption } from './interruption.js';
import { pictureFiles } from './picture-files.js';
import { ProgressLine } from './progress-line.js';
import { addSliceOptions, type SliceOptions, slicingOf } from './slice-options.js';

const PROVIDERS = ['auto', 'cpu', 'cuda', 'tensorrt'] as const;

interface DetectOptions extends SliceOptions {
  bundle: string;
  threshold: number;
  json: boolean;
  format?: Format;
  results?: string;
  cocoAnnotations?: string;
  output?: string;
  frames: boolean;
  threads: number;
  provider: (typeof PROVIDERS)[number];
  benchmark: boolean;
  warmup: number;
  repeats: number;
}

export function detectCommand(io: CommandIo, interruption: Interruption): Command {
  const command = new Command('detect')
    .description('find objects in pictures, folders and videos')
    .argument('[files...]', 'pictures, videos, or folders of them; folders inside folders are left out')
    .requiredOption('--bundle <path>', 'model bundle: a folder or .tar.gz with model.onnx and infer_cfg.yml')
    .option('--threshold <score>', 'drop detections at or below this score', fraction, 0.5)
    .option('--format <name>', `form of the results: ${FORMATS.join(', ')} (default: text)`, oneOf(FORMATS))
    .option('--json', 'short for --format json: one JSON object per picture and line', false)
    .option('--results <file>', 'write the results into this file instead of standard output')
    .option('--coco-annotations <file>', 'with --format coco: COCO file that gives the ids')
    .option(
      '--output <path>',
      'write copies with the detections drawn in: into this folder, or a single one into this file',
    )
    .option('--frames', 'with --output: videos as folders of pictures instead of videos', false)
    .option(
      '--threads <number>',
      'CPU threads inside one inference; 0 lets the runtime decide',
      wholeNumber(0, MAX_THREADS),
      0,
    )
    .option('--provider <name>', `execution provider: ${PROVIDERS.join(', ')}`, oneOf(PROVIDERS), 'auto')
    .option('--benchmark', 'measure how long each stage takes; without files on a drawn picture', false)
    .option('--warmup <number>', 'with --benchmark: pictures that do not count', wholeNumber(0, 100_000), 10)
    .option('--repeats <number>', 'with --benchmark: pictures that do', wholeNumber(1, 1_000_000), 100);
  return addSliceOptions(command).action((files: string[], options: DetectOptions) => {
    if (files.length === 0 && !options.benchmark)
      command.error("error: missing required argument 'files'", { code: 'commander.missingArgument' });
    return interruption.guard((signal) => detect(io, files, options, signal));
  });
}

async function detect(
  io: CommandIo,
  files: string[],
  options: DetectOptions,
  signal: AbortSignal,
): Promise<void> {
  const format = formatOf(options);
  const slicing = slicingOf(options);
  const { jobs, folder } = await drawnOutputs(await pictureFiles(files), options);
  if (folder !== undefined) await ensureFolder(folder, '--output');
  const scratchFolder = await mkdtemp(join(tmpdir(), 'detectd-'));
  const newHost = (): DetectorHost =>
    new DetectorHost({
      module: new URL('../worker/detect-main.js', import.meta.url),
      env: detectorEnvironment(io.env),
      clock: systemClock,
      scratchFolder,
      slicing,
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
  const worthwhile = options.benchmark || jobs.length > 1 || jobs.some(({ kind }) => kind === 'video');
  const total = options.benchmark ? options.warmup + options.repeats : jobs.length;
  const noun = options.benchmark ? 'pictures' : 'files';
  const progress = new ProgressLine({ io, clock: systemClock, total, noun, worthwhile });
  let output: DetectOutput | undefined;
  try {
    if (options.benchmark) {
      const drawn = drawnJob(scratchFolder, options.output);
      const result = await benchmark(newHost(), jobs, drawn, { ...options, progress });
      progress.close();
      io.out(format === 'json' ? `${JSON.stringify(result)}\n` : benchmarkText(result));
      return;
    }
    output = await DetectOutput.open({
      format,
      resultsFile: options.results,
      cocoAnnotations: options.cocoAnnotations,
      jobs,
      write: (text) => progress.out(text),
    });
    const failures = await analyseAll(jobs, { results: output.results, progress, newHost, signal });
    await output.commit();
    progress.close();
    if (output.note !== undefined) io.err(printableText(`${output.note}\n`));
    summarise(failures, total);
  } finally {
    output?.discard();
    progress.close();
    await rm(scratchFolder, { recursive: true, force: true });
    for (const { partial } of jobs) if (partial !== undefined) await rm(partial, { force: true });
  }
}

/** A video is read and written at a time, and sharp draws on pool threads too. */
function detectorEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...childEnvironment(env), UV_THREADPOOL_SIZE: String(threadPoolSize(2)) };
}

function drawnJob(folder: string, output: string | undefined): DetectJob {
  const drawn = { path: join(folder, 'drawn.jpg'), kind: 'image' } as const;
  return output === undefined ? drawn : { ...drawn, output: join(output, 'drawn.jpg') };
}

function formatOf({ format, json, benchmark, results }: DetectOptions): Format {
  if (benchmark && (results !== undefined || (format !== undefined && format !== 'json')))
    throw new DetectdError(
      'USAGE',
      '--benchmark gives figures and no results.',
      'Use it alone or with --json.',
    );
  if (json && format !== undefined && format !== 'json')
    throw new DetectdError('USAGE', `--json and --format ${format} contradict each other.`, 'Give one.');
  return format ?? (json ? 'json' : 'text');
}

interface Run {
  results: DetectResults;
  progress: ProgressLine;
  newHost: () => DetectorHost;
  signal: AbortSignal;
}

/** The errors of the files that could not be analysed. */
async function analyseAll(jobs: DetectJob[], run: Run): Promise<DetectdError[]> {
  const { results, progress, newHost, signal } = run;
  const failures: DetectdError[] = [];
  let host = newHost();
  try {
    results.open((await host.start()).labels);
    for (const job of jobs) {
      if (!host.alive) {
        // A file took the process with it; the others are not to suffer.
        await host.close();
        host = newHost();
        await host.start();
      }
      try {
        await host.analyse(job, (result) => {
          results.picture(job, result);
          if (job.kind === 'video')
            progress.within({ done: result.index + 1, total: result.frames, noun: 'frames' });
        });
      } catch (thrown) {
        signal.throwIfAborted();
        const error = host.alive ? DetectdError.from(thrown) : fatalFile(job, DetectdError.from(thrown));
        // The results and not the file are at fault.
        if (error.code === 'OUTPUT_UNWRITABLE') throw error;
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

function tell(job: DetectJob, error: DetectdError, files: number, { results, progress }: Run): void {
  results.failed(job, error);
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
