/**
 * `detectd detect --benchmark`: how long each stage of a picture takes, from the file to the detections, in the
 * process that does it for real. Files are gone through in turn until enough pictures were measured.
 */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { DetectdError } from '../base/errors.js';
import type { DetectJob, PictureResult } from '../ipc/detect-protocol.js';
import type { ModelReport } from '../ipc/protocol.js';
import type { DetectorHost } from '../supervisor/detector-host.js';
import type { ProgressLine } from './progress-line.js';
import { type StageTimes, stageTimes } from './stage-times.js';

export interface BenchmarkResult {
  /** How many pictures were measured, and how many went before. */
  pictures: number;
  warmup: number;
  provider: string;
  /** Inside one inference; 0 is the runtime's choice, which is one per core. */
  threads: number;
  cores: number;
  load_ms: number;
  model: { name: string; version: string; digest: string; family: string; network: [number, number] };
  /** `draw` only where pictures are drawn. */
  stages_ms: {
    read: StageTimes;
    infer: StageTimes;
    decode: StageTimes;
    draw?: StageTimes;
    total: StageTimes;
  };
  /** Of the stages alone, one picture after the other. */
  images_per_second: number;
  /** Resident set of the process at the end and at its largest; null where the system does not tell. */
  memory_mb: { rss: number | null; peak: number | null };
}

export interface BenchmarkOptions {
  /** Pictures that do not count. */
  warmup: number;
  /** Pictures that do. */
  repeats: number;
  threads: number;
  progress: Pick<ProgressLine, 'advance'>;
}

/** What a benchmark needs of the detect process. */
export type BenchmarkHost = Pick<DetectorHost, 'start' | 'analyse' | 'draw' | 'kill' | 'pid'>;

type Timings = PictureResult['timings'];

/** Thrown out of a video that is longer than needed. */
const ENOUGH = Symbol('enough');

/**
 * Starts the host, measures, and ends it. Without jobs a drawn picture is written to `drawn.path` first. Throws
 * what a file fails with, and VIDEO_UNREADABLE where no file has a picture.
 */
export async function benchmark(
  host: BenchmarkHost,
  jobs: readonly DetectJob[],
  drawn: DetectJob,
  options: BenchmarkOptions,
): Promise<BenchmarkResult> {
  try {
    const report = await host.start();
    if (jobs.length === 0) await host.draw(drawn.path);
    const measured = await measure(host, jobs.length === 0 ? [drawn] : jobs, options);
    return { ...resultOf(report, measured, options), memory_mb: await memoryOf(host.pid) };
  } finally {
    // It may be in the middle of a video that nobody needs any more.
    await host.kill();
  }
}

function resultOf(
  report: ModelReport,
  measured: readonly Timings[],
  { warmup, threads }: BenchmarkOptions,
): Omit<BenchmarkResult, 'memory_mb'> {
  const stages = stagesOf(measured);
  const { identity, family, provider, networkWidth, networkHeight, loadMs } = report;
  return {
    pictures: measured.length,
    warmup,
    provider,
    threads,
    cores: availableParallelism(),
    load_ms: loadMs,
    model: { ...identity, family, network: [networkWidth, networkHeight] },
    stages_ms: stages,
    images_per_second: Number((1000 / stages.total.mean).toFixed(2)),
  };
}

async function measure(
  host: Pick<BenchmarkHost, 'analyse'>,
  jobs: readonly DetectJob[],
  { warmup, repeats, progress }: BenchmarkOptions,
): Promise<Timings[]> {
  const measured: Timings[] = [];
  let seen = 0;
  const take = ({ timings }: PictureResult): void => {
    seen += 1;
    progress.advance();
    if (seen > warmup) measured.push(timings);
    if (measured.length === repeats) throw ENOUGH;
  };
  for (;;) {
    const before = seen;
    for (const job of jobs) {
      try {
        await host.analyse(job, take);
      } catch (thrown) {
        if (thrown === ENOUGH) return measured;
        throw thrown;
      }
    }
    if (seen === before)
      throw new DetectdError('VIDEO_UNREADABLE', 'There is no picture in any of the files.', 'Give others.');
  }
}

function stagesOf(measured: readonly Timings[]): BenchmarkResult['stages_ms'] {
  const drawn = measured.flatMap(({ draw }) => draw ?? []);
  return {
    read: stageTimes(measured.map(({ read }) => read)),
    infer: stageTimes(measured.map(({ infer }) => infer)),
    decode: stageTimes(measured.map(({ decode }) => decode)),
    ...(drawn.length > 0 ? { draw: stageTimes(drawn) } : {}),
    total: stageTimes(measured.map(({ read, infer, decode, draw = 0 }) => read + infer + decode + draw)),
  };
}

async function memoryOf(pid: number | undefined): Promise<BenchmarkResult['memory_mb']> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return { rss: megabytes(text, 'VmRSS'), peak: megabytes(text, 'VmHWM') };
}

function megabytes(status: string, key: string): number | null {
  const kilobytes = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1];
  return kilobytes === undefined ? null : Number((Number(kilobytes) / 1024).toFixed(1));
}

const STAGE_NAMES = {
  read: 'read the picture',
  infer: 'inference',
  decode: 'find the boxes',
  draw: 'draw',
  total: 'together',
} as const;
const FIGURES = ['median', 'p90', 'p99', 'min', 'mean'] as const;

/** For people: what was measured, and a table of the stages in ms. */
export function benchmarkText(result: BenchmarkResult): string {
  const { model, pictures, warmup, provider, threads, cores, load_ms, stages_ms, memory_mb } = result;
  const { rss, peak } = memory_mb;
  const asked =
    threads === 0
      ? `as many threads as ONNX Runtime likes on ${cores} cores`
      : `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  const lines = [
    `${model.family} ${model.network.join('×')}, version ${model.version}, on ${provider}, ${asked}`,
    `${pictures} pictures after ${warmup} to warm up; the model was ready after ${load_ms} ms`,
    '',
    `${'ms'.padEnd(18)}${FIGURES.map((figure) => figure.padStart(10)).join('')}`,
    ...Object.entries(STAGE_NAMES).flatMap(([stage, name]) => {
      const times = stages_ms[stage as keyof typeof STAGE_NAMES];
      if (times === undefined) return [];
      return `${name.padEnd(18)}${FIGURES.map((figure) => times[figure].toFixed(2).padStart(10)).join('')}`;
    }),
    '',
    `${result.images_per_second.toFixed(1)} pictures/s; memory ${rss ?? '?'} MB, at most ${peak ?? '?'} MB`,
  ];
  return `${lines.join('\n')}\n`;
}
