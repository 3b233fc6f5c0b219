/**
 * `detectd detect`: pictures, folders and videos in, detections out, with the exact pre-processing of the
 * model's publisher. One line per picture on standard output; everything else goes to standard error.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { systemClock } from '../base/clock.js';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError } from '../base/errors.js';
import { ensureFolder } from '../base/writable-folder.js';
import { childEnvironment } from '../health/sd-notify.js';
import type { DetectJob, PictureResult } from '../ipc/detect-protocol.js';
import { DetectorHost } from '../supervisor/detector-host.js';
import { fraction, oneOf, wholeNumber } from './arguments.js';
import { pictureFiles } from './picture-files.js';

const PROVIDERS = ['auto', 'cpu', 'cuda', 'tensorrt'] as const;

interface DetectOptions {
  bundle: string;
  threshold: number;
  json: boolean;
  output?: string;
  threads: number;
  provider: (typeof PROVIDERS)[number];
}

export function detectCommand(io: CommandIo): Command {
  return new Command('detect')
    .description('find objects in pictures, folders and videos')
    .argument('<files...>', 'pictures, videos, or folders of them')
    .requiredOption('--bundle <path>', 'model bundle: a folder or .tar.gz with model.onnx and infer_cfg.yml')
    .option('--threshold <score>', 'drop detections at or below this score', fraction, 0.5)
    .option('--json', 'one JSON object per picture and line', false)
    .option('--output <folder>', 'write pictures with the detections drawn into this folder')
    .option(
      '--threads <number>',
      'CPU threads inside one inference; 0 lets the runtime decide',
      wholeNumber,
      0,
    )
    .option('--provider <name>', `execution provider: ${PROVIDERS.join(', ')}`, oneOf(PROVIDERS), 'auto')
    .action((files: string[], options: DetectOptions) => detect(io, files, options));
}

async function detect(io: CommandIo, files: string[], options: DetectOptions): Promise<void> {
  const jobs = await pictureFiles(files, options.output);
  if (options.output !== undefined) await ensureFolder(options.output, '--output');
  const scratchFolder = await mkdtemp(join(tmpdir(), 'detectd-'));
  const newHost = (): DetectorHost =>
    new DetectorHost({
      module: new URL('../worker/detect-main.js', import.meta.url),
      env: childEnvironment(io.env),
      clock: systemClock,
      scratchFolder,
      model: {
        name: 'model',
        bundle: resolve(options.bundle),
        threshold: options.threshold,
        provider: options.provider,
        precision: 'fp32',
        threads: options.threads,
      },
    });
  try {
    const failed = await analyseAll(io, jobs, options, newHost);
    if (failed > 0)
      throw new DetectdError(
        'IMAGE_UNREADABLE',
        `${failed} of ${jobs.length} files could not be analysed.`,
        'See the messages above.',
      );
  } finally {
    await rm(scratchFolder, { recursive: true, force: true });
  }
}

async function analyseAll(
  io: CommandIo,
  jobs: DetectJob[],
  options: DetectOptions,
  newHost: () => DetectorHost,
): Promise<number> {
  const bar = jobs.length > 1 && io.isTerminal ? progressBar(jobs.length) : undefined;
  let host = newHost();
  let failed = 0;
  try {
    await host.start();
    for (const job of jobs) {
      try {
        await host.analyse(job, (result) =>
          io.out(`${options.json ? jsonLine(job, result) : textLine(job, result)}\n`),
        );
      } catch (thrown) {
        failed += 1;
        report(io, job, DetectdError.from(thrown), options.json);
        if (!host.alive) {
          // The file took the process with it; the others are not to suffer.
          host = newHost();
          await host.start();
        }
      }
      bar?.increment();
    }
  } finally {
    bar?.stop();
    await host.close();
  }
  return failed;
}

function report(io: CommandIo, job: DetectJob, error: DetectdError, json: boolean): void {
  if (json) io.out(`${JSON.stringify({ image: job.path, error: error.toData() })}\n`);
  io.err(`${error.code}: ${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}\n`);
}

function jsonLine(job: DetectJob, result: PictureResult): string {
  const { width, height, detections, timings, index } = result;
  return JSON.stringify({
    image: job.path,
    ...(job.kind === 'video' ? { frame: index } : {}),
    width,
    height,
    detections: detections.map(({ label, labelId, score, box }) => ({
      label,
      label_id: labelId,
      score: round(score, 5),
      box: [round(box.x1, 3), round(box.y1, 3), round(box.x2, 3), round(box.y2, 3)],
    })),
    timings_ms: {
      read: round(timings.read, 2),
      infer: round(timings.infer, 2),
      decode: round(timings.decode, 2),
    },
  });
}

function textLine(job: DetectJob, result: PictureResult): string {
  const counts = new Map<string, number>();
  for (const { label } of result.detections) counts.set(label, (counts.get(label) ?? 0) + 1);
  const found = [...counts].map(([label, count]) => `${count} ${label}`).join(', ') || 'nothing found';
  const frame = job.kind === 'video' ? ` frame ${result.index}` : '';
  return `${job.path}${frame} ${result.width}×${result.height}: ${found} (${result.timings.infer.toFixed(1)} ms)`;
}

function round(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}

function progressBar(total: number): SingleBar {
  const bar = new SingleBar({
    format: '{bar} {value}/{total} files, {eta_formatted} left',
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
  });
  bar.start(total, 0);
  return bar;
}
