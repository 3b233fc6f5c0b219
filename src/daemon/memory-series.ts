/** From one look at the machine to the series of memory that are watched for leaks, each with the limit that it runs into. */
import type { MachineSample, ProcessSample } from '../device/machine-sample.js';
import type { SeriesSample } from '../health/memory-watch.js';

export interface MemoryLimits {
  /** The machine is to have this left. */
  minFreeBytes: number;
  workerLimitBytes: number | undefined;
}

/** Owner of what belongs to no process. */
const MACHINE = 0;
/** Proportional and resident size are not the same series. */
const BY_RESIDENT_SIZE = 0.5;

export function memorySeries(sample: MachineSample, limits: MemoryLimits): SeriesSample[] {
  const series: SeriesSample[] = [];
  const { atMs, host, gpuMemory } = sample;
  const { minFreeBytes, workerLimitBytes } = limits;
  const room = host?.roomBytes;
  const hostRoom = room === undefined ? undefined : room - minFreeBytes;
  // A board's GPU takes of the machine's memory, a card of its own.
  const gpuRoom =
    gpuMemory.totalBytes === undefined || gpuMemory.usedBytes === undefined
      ? hostRoom
      : gpuMemory.totalBytes - gpuMemory.usedBytes;
  const add = (name: string, owner: number, bytes: number | undefined, limit: Limit, at = atMs): void => {
    if (bytes !== undefined) series.push({ name, owner, bytes, atMs: at, limitBytes: limitOf(bytes, limit) });
  };
  for (const name of ['worker', 'daemon'] as const) {
    const process = sample.processes.find((each) => each.name === name);
    if (process === undefined) continue;
    const owner = process.pid + (process.pssBytes === undefined ? BY_RESIDENT_SIZE : 0);
    const most = name === 'worker' ? workerLimitBytes : undefined;
    add(name, owner, hostBytes(process), { room: hostRoom, most });
    if (name === 'worker')
      add('worker gpu', process.pid, process.gpuBytes, { room: gpuRoom, most }, gpuMemory.atMs);
  }
  add('gpu', MACHINE, gpuMemory.usedBytes, { room: gpuRoom, most: undefined }, gpuMemory.atMs);
  if (host?.availableBytes !== undefined)
    series.push({
      name: 'available',
      owner: MACHINE,
      bytes: host.availableBytes,
      atMs,
      falling: true,
      limitBytes: minFreeBytes,
    });
  return series;
}

/** What the worker holds of host and GPU; undefined while there is none. */
export function workerBytes({ processes }: MachineSample): number | undefined {
  const worker = processes.find(({ name }) => name === 'worker');
  const host = worker === undefined ? undefined : hostBytes(worker);
  return host === undefined ? undefined : host + (worker?.gpuBytes ?? 0);
}

function hostBytes({ pssBytes, rssBytes, swapBytes }: ProcessSample): number | undefined {
  const bytes = pssBytes ?? rssBytes;
  return bytes === undefined ? undefined : bytes + (swapBytes ?? 0);
}

interface Limit {
  room: number | undefined;
  most: number | undefined;
}

function limitOf(bytes: number, { room, most }: Limit): number | undefined {
  const limits = [room === undefined ? undefined : bytes + Math.max(0, room), most];
  const known = limits.filter((limit) => limit !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
