/**
 * `detectd bench`: the whole daemon on a video, side by side with bare inference loops on the same model and
 * threads. Rounds are interleaved and medians taken, so that a noisy machine disturbs all alike.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { systemClock } from '../base/clock.js';
import type { CommandIo } from '../base/command-io.js';
import { checkSource } from '../capture/source-check.js';
import { childEnvironment } from '../health/sd-notify.js';
import { type BareGraph, FROM_BARE_TYPES, type FromBare, type ToBare } from '../ipc/bench-protocol.js';
import { Conversation } from '../supervisor/conversation.js';
import { MAX_THREADS, wholeNumber } from './arguments.js';
import { type DaemonTiming, overheadOfDaemon, timeDaemon } from './bench-daemon.js';
import type { Interruption } from './interruption.js';

interface BenchOptions {
  bundle: string;
  video: string;
  threads: number;
  rounds: number;
  seconds: number;
  json: boolean;
}

export interface BenchResult {
  threads: number;
  rounds: number;
  frames: number;
  /** Frames per second of session.run() alone on the prepared graph. */
  limit_fps: number;
  /** Of the whole daemon, video file in to MQTT out. */
  daemon_fps: number;
  ratio_daemon_to_limit: number;
  exported_fps: number;
  prepared_fps: number;
  ratio_prepared_to_exported: number;
  /**
   * Our own CPU time per frame outside inference and GStreamer, from a run with one thread; null where the
   * kernel keeps no such account.
   */
  overhead_cpu_ms_per_frame: number | null;
  /** Largest resident set of each process. */
  rss_mb: { supervisor: number; worker: number };
}

export function benchCommand(io: CommandIo, interruption: Interruption): Command {
  return new Command('bench')
    .description('measure the whole daemon against bare inference')
    .requiredOption('--bundle <path>', 'model bundle')
    .requiredOption('--video <file>', 'video to analyse, every frame of it')
    .option(
      '--threads <number>',
      'CPU threads inside one inference; 0 lets the runtime decide',
      wholeNumber(0, MAX_THREADS),
      0,
    )
    .option('--rounds <number>', 'how often everything is measured', wholeNumber(1, 100), 3)
    .option('--seconds <number>', 'length of each bare loop', wholeNumber(1, 3600), 5)
    .option('--json', 'print one JSON object', false)
    .action((options: BenchOptions) => interruption.guard((signal) => bench(io, options, signal)));
}

async function bench(io: CommandIo, options: BenchOptions, signal: AbortSignal): Promise<void> {
  const video = resolve(options.video);
  await checkSource({ kind: 'file', path: video });
  const folder = await mkdtemp(join(tmpdir(), 'detectd-bench-'));
  try {
    const bundle = resolve(options.bundle);
    const result = await measure(io, { ...options, bundle, video, folder, signal });
    io.out(options.json ? `${JSON.stringify(result)}\n` : table(result));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Measurement extends BenchOptions {
  folder: string;
  signal: AbortSignal;
}

/** Turns of each graph in a round. */
const SLICES = 5;

async function measure(io: CommandIo, options: Measurement): Promise<BenchResult> {
  const { threads, rounds, seconds, folder, signal } = options;
  const env = io.env;
  const bare = new Conversation<ToBare, FromBare>({
    module: new URL('../worker/bare-main.js', import.meta.url),
    env: childEnvironment(env),
    clock: systemClock,
    accepts: FROM_BARE_TYPES,
    signal,
  });
  bare.start();
  const limits: number[] = [];
  const prepared: number[] = [];
  const exported: number[] = [];
  const daemons: DaemonTiming[] = [];
  try {
    await open(bare, options);
    for (let round = 1; round <= rounds; round += 1) {
      // Before and after the daemon, so that a machine that slows down meanwhile slows both.
      const before = await loop(bare, 'prepared', seconds / 2);
      const daemon = await timeDaemon({ ...options, env });
      const after = await loop(bare, 'prepared', seconds / 2);
      const limit = (before + after) / 2;
      limits.push(limit);
      daemons.push(daemon);
      // The two graphs take turns in short slices, since the machine's speed changes within seconds.
      for (let slice = 0; slice < SLICES; slice += 1) {
        prepared.push(await loop(bare, 'prepared', seconds / SLICES));
        exported.push(await loop(bare, 'exported', seconds / SLICES));
      }
      io.err(
        `round ${round} of ${rounds}: limit ${limit.toFixed(1)}, daemon ${daemon.fps.toFixed(1)}, exported ${median(exported).toFixed(1)} frames/s\n`,
      );
    }
  } finally {
    await bare.close();
  }
  const overhead = await overheadOfDaemon({ ...options, env, folder, threads: 1 }, Math.max(3, seconds));
  return {
    threads,
    rounds,
    frames: daemons[0]?.frames ?? 0,
    limit_fps: round(median(limits), 1),
    daemon_fps: round(median(daemons.map((run) => run.fps)), 1),
    ratio_daemon_to_limit: round(median(daemons.map((run, index) => run.fps / (limits[index] as number))), 3),
    exported_fps: round(median(exported), 1),
    prepared_fps: round(median(prepared), 1),
    ratio_prepared_to_exported: round(
      median(exported.map((fps, index) => (prepared[index] as number) / fps)),
      2,
    ),
    overhead_cpu_ms_per_frame: Number.isNaN(overhead) ? null : round(overhead, 3),
    rss_mb: {
      supervisor: round(Math.max(...daemons.map((run) => run.rssMb.supervisor)), 1),
      worker: round(Math.max(...daemons.map((run) => run.rssMb.worker)), 1),
    },
  };
}

function open(
  bare: Conversation<ToBare, FromBare>,
  { bundle, threads, folder: scratchFolder }: Measurement,
): Promise<true> {
  const model = {
    name: 'model',
    bundle,
    threshold: 0.5,
    provider: 'auto',
    precision: 'fp32',
    threads,
  } as const;
  return bare.ask({ type: 'open', model, scratchFolder }, (answer) =>
    answer.type === 'opened' ? true : undefined,
  );
}

/** Frames per second of a bare loop. */
function loop(bare: Conversation<ToBare, FromBare>, graph: BareGraph, seconds: number): Promise<number> {
  return bare.ask({ type: 'loop', graph, seconds }, (answer) =>
    answer.type === 'looped' ? answer.runs / answer.seconds : undefined,
  );
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function table(result: BenchResult): string {
  const rows: [string, string][] = [
    ['bare inference, prepared graph', `${result.limit_fps} frames/s`],
    ['bare inference, exported graph', `${result.exported_fps} frames/s`],
    ['whole daemon', `${result.daemon_fps} frames/s`],
    ['daemon / bare', `${result.ratio_daemon_to_limit}`],
    ['prepared / exported', `${result.ratio_prepared_to_exported}`],
    ['own CPU time per frame', `${result.overhead_cpu_ms_per_frame ?? '?'} ms`],
    ['memory, supervising process', `${result.rss_mb.supervisor} MB`],
    ['memory, worker', `${result.rss_mb.worker} MB`],
  ];
  return rows.map(([name, value]) => `${name.padEnd(34)}${value}\n`).join('');
}
