/**
 * One row of `detectd bench`: a provider with so many threads and pictures at once, the whole daemon side by side with
 * bare inference. Rounds are interleaved and medians taken, so that a noisy machine disturbs all alike.
 */
import { systemClock } from '../base/clock.js';
import type { DetectdError, ErrorData } from '../base/errors.js';
import type { DeviceInfo } from '../core/device-info.js';
import type { PixelFormat } from '../core/frame.js';
import type { Precision, ProviderName } from '../core/worker-plan.js';
import { childEnvironment } from '../health/sd-notify.js';
import { type BareGraph, FROM_BARE_TYPES, type FromBare, type ToBare } from '../ipc/bench-protocol.js';
import { Conversation } from '../supervisor/conversation.js';
import { type DaemonTiming, overheadOfDaemon, timeDaemon } from './bench-daemon.js';
import type { BenchEngines } from './bench-engine.js';

export interface BenchSetting {
  provider: ProviderName;
  threads: number;
  /** Pictures per run; the daemon analyses one at a time. */
  batch: number;
}

export interface BenchContext {
  bundle: string;
  video: string;
  precision: Precision;
  rounds: number;
  seconds: number;
  device: DeviceInfo;
  format: PixelFormat;
  /** For the daemon's configuration and state. */
  folder: string;
  cacheFolder: string;
  engines: BenchEngines;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** What goes on, in a line. */
  tell: (line: string) => void;
}

/** Figures that could not be measured, or mean nothing for the row, are null. */
export interface BenchRow extends BenchSetting {
  /** Of what was run; what was asked for where nothing was. */
  precision: Precision;
  rounds: number;
  /** Of the video. */
  frames: number | null;
  /** Pictures per second of session.run() alone. */
  limit_fps: number | null;
  /** Of the whole daemon, video file in to MQTT out. */
  daemon_fps: number | null;
  ratio_daemon_to_limit: number | null;
  exported_fps: number | null;
  prepared_fps: number | null;
  ratio_prepared_to_exported: number | null;
  /** Our own CPU time per frame outside inference and GStreamer, from a run with one thread. */
  overhead_cpu_ms_per_frame: number | null;
  /** Largest resident set of each process. */
  rss_mb: { supervisor: number; worker: number } | null;
  /** What was measured as prepared: `load_ms` from the cache to the end of the first run. */
  engine: { key: string; bytes: number; build_ms: number; load_ms: number } | null;
  /** From the files to the end of the first run, without an engine. */
  prepare_ms: number | null;
  notes: string[];
  /** Why the row could not be measured. */
  error: ErrorData | null;
}

/** Turns of each graph in a round. */
const SLICES = 5;
const THRESHOLD = 0.4;

/** An empty row, for what cannot be measured here. */
export function failedRow(setting: BenchSetting, context: BenchContext, error: DetectdError): BenchRow {
  return { ...emptyRow(setting, context), error: error.toData() };
}

/** Throws what a part of it ended with, or the reason of the signal. */
export async function measureRow(setting: BenchSetting, context: BenchContext): Promise<BenchRow> {
  const { signal, env } = context;
  const bare = new Conversation<ToBare, FromBare>({
    module: new URL('../worker/bare-main.js', import.meta.url),
    env: childEnvironment(env),
    clock: systemClock,
    accepts: FROM_BARE_TYPES,
    signal,
  });
  bare.start();
  try {
    const row = emptyRow(setting, context);
    const exported = await open(bare, row, context);
    await measure(bare, row, exported, context);
    return row;
  } finally {
    await bare.close();
  }
}

function emptyRow(setting: BenchSetting, { precision, rounds }: BenchContext): BenchRow {
  return {
    ...{ ...setting, precision, rounds, frames: null, limit_fps: null, daemon_fps: null },
    ...{ ratio_daemon_to_limit: null, exported_fps: null, prepared_fps: null },
    ...{ ratio_prepared_to_exported: null, overhead_cpu_ms_per_frame: null, rss_mb: null },
    ...{ engine: null, prepare_ms: null, notes: [], error: null },
  };
}

type Bare = Conversation<ToBare, FromBare>;

/** Opens the graph and its engine, and fills in what that took; returns whether the exported graph runs, too. */
async function open(bare: Bare, row: BenchRow, context: BenchContext): Promise<boolean> {
  const { bundle, device, format, cacheFolder, engines, tell } = context;
  const { provider, precision, threads, batch } = row;
  const model = { name: 'model', bundle, threshold: THRESHOLD, provider, precision, threads };
  const { wish, prepareMs, exported } = await bare.ask(
    { type: 'open', model, batch, format, device, cacheFolder },
    (answer) => (answer.type === 'opened' ? answer : undefined),
  );
  row.prepare_ms = prepareMs === null ? null : rounded(prepareMs, 0);
  const built = await engines.get({
    ...{ model, wish, device, cacheFolder, maxBatch: batch, again: true },
    maxBytes: Number.MAX_SAFE_INTEGER,
  });
  if ('error' in built) {
    if (prepareMs === null) throw built.error;
    // Without an engine a graph is run as it is.
    row.precision = 'fp32';
    row.notes.push(`no engine: ${built.error.message}`);
    return exported;
  }
  const { key, notes } = built.engine;
  row.precision = built.engine.precision;
  row.notes.push(...notes);
  const { buildMs, loadMs, bytes } = await bare.ask({ type: 'engine', key, provider }, (answer) =>
    answer.type === 'engine' ? answer : undefined,
  );
  row.engine = { key, bytes, build_ms: rounded(buildMs, 0), load_ms: rounded(loadMs, 0) };
  tell(`${rowName(row)}: engine built in ${buildMs} ms, loaded in ${rounded(loadMs, 0)} ms`);
  return exported;
}

async function measure(bare: Bare, row: BenchRow, exported: boolean, context: BenchContext): Promise<void> {
  const { rounds, seconds, tell } = context;
  const { provider, threads, precision, batch } = row;
  const daemonOptions = { ...context, provider, threads, precision };
  const speeds: BenchSpeeds = { limit: [], prepared: [], exported: [] };
  const daemons: DaemonTiming[] = [];
  const loop = (graph: BareGraph, length: number): Promise<number> =>
    bare.ask({ type: 'loop', graph, seconds: length }, (answer) =>
      answer.type === 'looped' ? (answer.runs * batch) / answer.seconds : undefined,
    );
  for (let round = 1; round <= rounds; round += 1) {
    // Before and after the daemon, so that a machine that slows down meanwhile slows both.
    const before = await loop('served', seconds / 2);
    const daemon = batch === 1 ? await timeDaemon(daemonOptions) : undefined;
    const limit = (before + (await loop('served', seconds / 2))) / 2;
    speeds.limit.push(limit);
    if (daemon !== undefined) daemons.push(daemon);
    // The two graphs take turns in short slices, since the machine's speed changes within seconds.
    for (let slice = 0; slice < SLICES && exported; slice += 1) {
      speeds.prepared.push(await loop('served', seconds / SLICES));
      speeds.exported.push(await loop('exported', seconds / SLICES));
    }
    tell(
      `${rowName(row)}: round ${round} of ${rounds}: ${roundText(limit, daemon, speeds.exported)} frames/s`,
    );
  }
  const { notes, ...found } = benchFigures(row, speeds, daemons);
  Object.assign(row, found);
  row.notes.push(...notes);
  if (row.daemon_fps === null) return;
  const overhead = await overheadOfDaemon({ ...daemonOptions, threads: 1 }, Math.max(3, seconds));
  row.overhead_cpu_ms_per_frame = Number.isNaN(overhead) ? null : rounded(overhead, 3);
}

/** Pictures per second, one figure for each round; of the graphs as many of each for each slice. */
export interface BenchSpeeds {
  limit: number[];
  prepared: number[];
  exported: number[];
}

/** What a row is made of, for as many daemons as rounds, or none. Pure. */
export function benchFigures(
  { provider, precision }: Pick<BenchRow, 'provider' | 'precision'>,
  speeds: BenchSpeeds,
  daemons: readonly DaemonTiming[],
): Partial<BenchRow> & { notes: string[] } {
  const ratios = speeds.exported.map((fps, index) => (speeds.prepared[index] as number) / fps);
  const bare = {
    limit_fps: rounded(median(speeds.limit), 1),
    ...(ratios.length === 0
      ? {}
      : {
          exported_fps: rounded(median(speeds.exported), 1),
          prepared_fps: rounded(median(speeds.prepared), 1),
          ratio_prepared_to_exported: rounded(median(ratios), 2),
        }),
  };
  const [first] = daemons;
  if (first === undefined) return { ...bare, notes: [] };
  const elsewhere = daemons.find(({ ranOn }) => ranOn !== `${provider} ${precision}`);
  if (elsewhere !== undefined)
    return { ...bare, notes: [`the daemon ran on ${elsewhere.ranOn ?? 'something else'}; "run" says why`] };
  const parts = daemons.map(({ fps }, index) => fps / (speeds.limit[index] as number));
  return {
    ...bare,
    frames: first.frames,
    daemon_fps: rounded(median(daemons.map(({ fps }) => fps)), 1),
    ratio_daemon_to_limit: rounded(median(parts), 3),
    rss_mb: {
      supervisor: rounded(Math.max(...daemons.map(({ rssMb }) => rssMb.supervisor)), 1),
      worker: rounded(Math.max(...daemons.map(({ rssMb }) => rssMb.worker)), 1),
    },
    notes: [],
  };
}

function roundText(limit: number, daemon: DaemonTiming | undefined, exported: number[]): string {
  return [
    `limit ${limit.toFixed(1)}`,
    ...(daemon === undefined ? [] : [`daemon ${daemon.fps.toFixed(1)}`]),
    ...(exported.length === 0 ? [] : [`exported ${median(exported).toFixed(1)}`]),
  ].join(', ');
}

/** `cpu, 2 threads, batch 4`; the batch only where there is one. */
export function rowName({ provider, threads, batch }: BenchSetting): string {
  const cores = threads === 0 ? 'all cores' : `${threads} thread${threads === 1 ? '' : 's'}`;
  return [provider, cores, ...(batch > 1 ? [`batch ${batch}`] : [])].join(', ');
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
