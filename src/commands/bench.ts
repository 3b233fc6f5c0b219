/**
 * `detectd bench`: per provider, threads and batch the whole daemon on a video, side by side with bare inference on the
 * same model, and what its engine costs.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { systemClock } from '../base/clock.js';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError } from '../base/errors.js';
import { openBundle } from '../bundle/bundle.js';
import { findElements, pixelFormat } from '../capture/elements.js';
import { checkSource } from '../capture/source-check.js';
import type { Precision, ProviderName } from '../core/worker-plan.js';
import { identifyThisMachine } from '../device/this-machine.js';
import { childEnvironment } from '../health/sd-notify.js';
import { PROVIDERS } from '../inference/providers.js';
import { VerdictMemory } from '../inference/verdict-memory.js';
import type { BuildJob } from '../ipc/builder-protocol.js';
import { BuilderHost } from '../supervisor/builder-host.js';
import { providerTrial } from '../supervisor/provider-trial.js';
import { listOf, MAX_THREADS, oneOf, wholeNumber } from './arguments.js';
import { BenchEngines } from './bench-engine.js';
import { triedProviders } from './bench-providers.js';
import { type BenchContext, type BenchRow, type BenchSetting, failedRow, measureRow } from './bench-row.js';
import { benchTable } from './bench-table.js';
import type { Interruption } from './interruption.js';

interface BenchOptions {
  bundle: string;
  video: string;
  provider?: ProviderName[];
  precision: Precision;
  threads: number[];
  batch: number[];
  rounds: number;
  seconds: number;
  cache?: string;
  json: boolean;
}

const PROBE = new URL('../worker/probe-main.js', import.meta.url);
const PRECISIONS: readonly Precision[] = ['fp32', 'fp16', 'int8'];
/** More pictures at once fill any GPU. */
const MAX_BATCH = 64;

export function benchCommand(io: CommandIo, interruption: Interruption): Command {
  return new Command('bench')
    .description('measure the whole daemon against bare inference')
    .requiredOption('--bundle <path>', 'model bundle')
    .requiredOption('--video <file>', 'video to analyse, every frame of it')
    .option(
      '--provider <list>',
      `of ${PROVIDERS.join(', ')}; default: those that work here`,
      listOf(oneOf(PROVIDERS)),
    )
    .option('--precision <name>', `arithmetic: ${PRECISIONS.join(', ')}`, oneOf(PRECISIONS), 'fp32')
    .option(
      '--threads <list>',
      'CPU threads inside one inference; 0 lets the runtime decide',
      listOf(wholeNumber(0, MAX_THREADS)),
      [0],
    )
    .option(
      '--batch <list>',
      'pictures at once; above 1 for bare inference only',
      listOf(wholeNumber(1, MAX_BATCH)),
      [1],
    )
    .option('--rounds <number>', 'how often everything is measured', wholeNumber(1, 100), 3)
    .option('--seconds <number>', 'length of each bare loop', wholeNumber(1, 3600), 5)
    .option('--cache <folder>', 'where engines are kept, and found the next time; default: nowhere')
    .option('--json', 'print one JSON array of rows', false)
    .action((options: BenchOptions) => interruption.guard((signal) => bench(io, options, signal)));
}

async function bench(io: CommandIo, options: BenchOptions, signal: AbortSignal): Promise<void> {
  const video = resolve(options.video);
  await checkSource({ kind: 'file', path: video });
  const folder = await mkdtemp(join(tmpdir(), 'detectd-bench-'));
  try {
    const cacheFolder = options.cache === undefined ? join(folder, 'cache') : resolve(options.cache);
    const bundle = resolve(options.bundle);
    await openBundle(bundle, cacheFolder);
    const [{ info: device }, elements] = await Promise.all([identifyThisMachine(io.env), findElements()]);
    const context: BenchContext = {
      ...{ bundle, video, folder, cacheFolder, device, signal, env: io.env },
      ...{ precision: options.precision, rounds: options.rounds, seconds: options.seconds },
      format: pixelFormat(elements),
      engines: new BenchEngines({ builder: (job) => builder(job, io.env), signal }),
      tell: (line) => io.err(`${line}\n`),
    };
    const providers = await triedProviders(options.provider, {
      device,
      memory: new VerdictMemory(cacheFolder, systemClock),
      tryOut: (provider) =>
        providerTrial(provider, { module: PROBE, env: childEnvironment(io.env), clock: systemClock, signal }),
    });
    const rows: BenchRow[] = [];
    for (const [provider, problem] of providers) {
      if (problem !== undefined && options.provider === undefined) context.tell(problem.message);
      else
        for (const setting of settings(provider, options)) rows.push(await rowOf(setting, problem, context));
    }
    io.out(options.json ? `${JSON.stringify(rows)}\n` : benchTable(rows));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function builder(job: BuildJob, env: NodeJS.ProcessEnv): BuilderHost {
  return new BuilderHost({
    module: new URL('../builder/main.js', import.meta.url),
    env: childEnvironment(env),
    stdout: 2,
    clock: systemClock,
    job,
    onProgress: () => {},
  });
}

function settings(provider: ProviderName, { threads, batch }: BenchOptions): BenchSetting[] {
  return batch.flatMap((pictures) => threads.map((cores) => ({ provider, threads: cores, batch: pictures })));
}

/** The CPU always works: what is wrong with it is wrong with the model or the video. */
async function rowOf(
  setting: BenchSetting,
  problem: DetectdError | undefined,
  context: BenchContext,
): Promise<BenchRow> {
  const { provider, batch } = setting;
  try {
    if (problem !== undefined) throw problem;
    return await measureRow(setting, context);
  } catch (thrown) {
    context.signal.throwIfAborted();
    const error = DetectdError.from(thrown);
    if ((provider === 'cpu' && batch === 1) || error.code === 'VIDEO_UNREADABLE') throw thrown;
    return failedRow(setting, context, error);
  }
}
