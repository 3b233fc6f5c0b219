/** All that one look at the machine tells, as plain data. What could not be found out is undefined, never 0. */
import type { CpuClock } from './cpu-clock.js';
import type { GpuLoad } from './gpu-load.js';
import type { GpuMemory } from './gpu-memory.js';
import type { HostMemory } from './host-memory.js';
import type { ProcessMemory } from './process-memory.js';
import type { Temperature } from './thermal-zones.js';
import type { Throttling } from './throttling.js';

/** Which processes are to be looked at, by names of the caller's choosing. */
export interface WatchedProcess {
  name: string;
  pid: number;
}

export interface ProcessSample extends WatchedProcess, ProcessMemory {
  /** As of the sample's `gpuMemory.atMs`. */
  gpuBytes: number | undefined;
}

export interface MachineSample {
  /** When it was begun, by the monotonic clock, and how long it took. */
  atMs: number;
  tookMs: number;
  host: HostMemory | undefined;
  /** `atMs` is when it was true: it is older than the sample where asking for it is dear. */
  gpuMemory: GpuMemory & { atMs: number | undefined };
  processes: ProcessSample[];
  temperatures: Temperature[];
  /** The highest of them. */
  hottestC: number | undefined;
  gpu: GpuLoad;
  cpu: CpuClock;
  throttling: Throttling;
  /** Name of nvpmodel's mode; undefined elsewhere. */
  powerMode: string | undefined;
  /** For what did not answer in time, why. */
  missing: Record<string, string>;
}
