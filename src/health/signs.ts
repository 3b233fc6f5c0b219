/**
 * What is wrong, told from the figures of one look: pure. What is done about each is in remedy-table.ts. Several may
 * show at a time.
 */
import type { Suspicion } from './gpu-suspicion.js';
import type { Heat } from './heat.js';
import { inMegabytes } from './leak-verdict.js';
import type { WatchedSeries } from './memory-watch.js';

/** Words are part of what is published; a cause is never renamed. */
export type Cause =
  | 'leak'
  | 'memory limit'
  | 'memory short'
  | 'hot'
  | 'decoder'
  | 'dead pipelines'
  | 'daemon leak'
  | 'worker fails'
  | 'worker stuck';

export interface Sign {
  cause: Cause;
  /** One sentence with the numbers. */
  reason: string;
  /** A worker that ends would give memory back. */
  workerHelps: boolean;
  /** Until it hurts; undefined: not soon. */
  leftMs?: number;
}

export interface WorkerFacts {
  /** Of host and GPU together, as far as known. */
  bytes: number | undefined;
  /** When it had loaded its models and warmed up; undefined until then. */
  baseBytes: number | undefined;
  /** Why it fails, when it crashes or hangs again and again; missing models are no such reason. */
  failure: string | undefined;
  /** Why it cannot even be ended. */
  stuck: string | undefined;
  /** Cameras of which data arrives and no picture comes out, however often they are opened again. */
  stuckCameras: readonly string[];
  /** Pipelines that are closed for good and not freed. */
  deadPipelines: number;
}

export interface HealthFacts {
  series: readonly WatchedSeries[];
  /** Whether the worker may be the one, when the GPU's memory leaks and nobody says whose it is. */
  gpuSuspicion: Suspicion;
  worker: WorkerFacts;
  heat: Heat;
  /** What the machine and the control groups leave. */
  roomBytes: number | undefined;
  totalBytes: number | undefined;
  /** 0: no such limit. */
  minFreeBytes: number;
  /** It was short of memory at the look before. */
  wasShort: boolean;
  workerLimitBytes: number | undefined;
}

/** Series of the worker, and of this process; all others belong to the whole machine. */
const OF_WORKER = new Set(['worker', 'worker gpu']);
const OF_DAEMON = 'daemon';
/** A fresh worker gives at least this back, or nothing is gained by one. */
const WORTH_BYTES = 64e6;
/** Six open files each, and with what decoders keep up to a few megabytes: a fresh worker is worth it by then. */
const MOST_DEAD_PIPELINES = 32;
/** It is short until so many times the limit can be had, or it would be short at every other look. */
const ENOUGH_AGAIN = 1.25;

export function signsOf(facts: HealthFacts): Sign[] {
  return [...leaks(facts), ...memory(facts), ...heat(facts), ...failures(facts)];
}

function* leaks({ series, worker, gpuSuspicion }: HealthFacts): Iterable<Sign> {
  const leaking = series.filter(({ verdict }) => verdict.verdict === 'leak');
  const daemon = leaking.find(({ name }) => name === OF_DAEMON);
  for (const { name, verdict } of leaking.filter(({ name }) => OF_WORKER.has(name))) {
    const whose = name === 'worker' ? "the worker's memory" : "the worker's GPU memory";
    yield { cause: 'leak', reason: `${whose} ${verdict.reason}`, workerHelps: true, ...left(verdict) };
  }
  const hidden = hiddenGpuLeak(series);
  if (hidden !== undefined)
    yield {
      cause: 'leak',
      reason:
        `memory of the GPU ${hidden.verdict.reason}; ` +
        (gpuSuspicion === 'cleared'
          ? "a fresh worker gave none of it back, so it is not the worker's"
          : 'the driver does not say whose it is'),
      workerHelps: gpuSuspicion === 'suspected',
      ...left(hidden.verdict),
    };
  if (daemon !== undefined && worker.stuck === undefined)
    yield {
      cause: 'daemon leak',
      reason: `memory of the supervising process ${daemon.verdict.reason}`,
      workerHelps: false,
      ...left(daemon.verdict),
    };
}

/** What the GPU's processes lose together says whose it is only where each is known. */
export function hiddenGpuLeak(series: readonly WatchedSeries[]): WatchedSeries | undefined {
  if (series.some(({ name }) => name === 'worker gpu')) return undefined;
  return series.find(({ name, verdict }) => name === 'gpu' && verdict.verdict === 'leak');
}

function* memory(facts: HealthFacts): Iterable<Sign> {
  const { worker, roomBytes, totalBytes, minFreeBytes, workerLimitBytes, wasShort } = facts;
  const { bytes, baseBytes } = worker;
  if (bytes !== undefined && workerLimitBytes !== undefined && bytes > workerLimitBytes)
    yield {
      cause: 'memory limit',
      reason: `the worker has ${inMegabytes(bytes)}, ${inMegabytes(workerLimitBytes)} are allowed`,
      workerHelps: true,
    };
  if (roomBytes === undefined || roomBytes >= minFreeBytes * (wasShort ? ENOUGH_AGAIN : 1)) return;
  if (totalBytes !== undefined && minFreeBytes >= totalBytes) return;
  const grown = bytes === undefined || baseBytes === undefined ? 0 : bytes - baseBytes;
  yield {
    cause: 'memory short',
    reason:
      `${inMegabytes(roomBytes)} of memory are left, less than ${inMegabytes(minFreeBytes)}` +
      (grown > WORTH_BYTES ? `; the worker has grown by ${inMegabytes(grown)}` : ''),
    workerHelps: grown > WORTH_BYTES,
    leftMs: 0,
  };
}

function* heat({ heat }: HealthFacts): Iterable<Sign> {
  if (heat.state === 'hot') yield { cause: 'hot', reason: heat.reason, workerHelps: false };
}

function* failures({ worker }: HealthFacts): Iterable<Sign> {
  if (worker.stuck !== undefined) yield { cause: 'worker stuck', reason: worker.stuck, workerHelps: false };
  else if (worker.failure !== undefined)
    yield { cause: 'worker fails', reason: worker.failure, workerHelps: false };
  const [camera] = worker.stuckCameras;
  if (camera !== undefined)
    yield {
      cause: 'decoder',
      reason: `data of camera "${camera}" arrives but no picture comes out of its decoder, however often it is opened again`,
      workerHelps: true,
    };
  if (worker.deadPipelines >= MOST_DEAD_PIPELINES)
    yield {
      cause: 'dead pipelines',
      reason: `${worker.deadPipelines} pipelines of cameras that were changed or removed keep files and memory`,
      workerHelps: true,
    };
}

function left({ limitReachedInMs }: WatchedSeries['verdict']): { leftMs?: number } {
  return limitReachedInMs === undefined ? {} : { leftMs: limitReachedInMs };
}
