/**
 * Looks at the machine: memory of host, GPU and processes, temperatures, clocks and what holds them down. Files are read
 * one after another, so that a file system or a driver that hangs holds one thread of Node's pool and not all; programs are
 * asked rarely, and their last answer serves meanwhile.
 */

import type { Clock } from '../base/clock.js';
import type { AskProgram } from '../base/program-output.js';
import type { DeviceInfo } from '../core/device-info.js';
import { BoundedProbe } from './bounded-probe.js';
import { type CardUsage, cardAsker } from './card-usage.js';
import { CpuClockReader } from './cpu-clock.js';
import type { AskHelper } from './gpu-helper.js';
import { GpuLoadReader } from './gpu-load.js';
import { cardMemory, type GpuMemory, gpuKind, noGpuMemory, nvmapMemory } from './gpu-memory.js';
import { type HostMemory, hostMemory } from './host-memory.js';
import type { MachineSample, ProcessSample, WatchedProcess } from './machine-sample.js';
import { readPowerMode } from './power-mode.js';
import { processMemory } from './process-memory.js';
import { RareProbe, type Remembered } from './rare-probe.js';
import type { SystemFiles } from './system-files.js';
import { ThermalZones } from './thermal-zones.js';
import { ThrottlingReader } from './throttling.js';

export interface SamplerOptions {
  files: SystemFiles;
  /** Must not start a program of which an earlier process still hangs. */
  ask: AskProgram;
  askHelper: AskHelper;
  clock: Clock;
  /** Which GPU there is, as far as it is known by now. */
  device: () => Pick<DeviceInfo, 'soc' | 'gpu'>;
}

/** Of a group of files. Sensors behind a slow bus take tens of milliseconds. */
const GROUP_MS = 1_000;
/** More sensors than this that hang are not added to; /proc is read whatever they do. */
const MOST_HANGING = 2;
/** nvidia-smi and the helper may take this much of a core: a fifth of one percent. */
const REST_RATIO = 500;
const MOST_GAP_MS = 300_000;
const PATIENCE_MS = 750;
const MOST_AGE_MS = 900_000;
const MOST_PROCESSES = 64;
/** What the kernel calls the outermost name space of process numbers; drivers count in it. */
const OUTERMOST = 'pid:[4026531836]';

/** What a look at the GPU brings: of cards, more than memory. */
interface GpuUsage {
  memory: GpuMemory;
  card?: CardUsage;
}

export class MachineSampler {
  readonly #options: SamplerOptions;
  readonly #groups: ReturnType<typeof groupsOf>;
  readonly #gpu: RareProbe<GpuUsage>;
  #processes: readonly WatchedProcess[] = [];
  #nvmapUsedBytes: number | undefined;
  #sampling: Promise<MachineSample> | undefined;

  constructor(options: SamplerOptions) {
    const { files, clock, ask } = options;
    this.#options = options;
    this.#groups = groupsOf(files, clock, () => this.#processes);
    const askCard = cardAsker(ask);
    this.#gpu = new RareProbe({
      look: () => this.#lookAtGpu(askCard),
      clock,
      restRatio: REST_RATIO,
      mostGapMs: MOST_GAP_MS,
      patienceMs: PATIENCE_MS,
      mostAgeMs: MOST_AGE_MS,
    });
  }

  /** One sample, within seconds whatever hangs; a call while one is being taken gets that one. Never rejects. */
  sample(processes: readonly WatchedProcess[] = []): Promise<MachineSample> {
    this.#sampling ??= this.#take(processes.slice(0, MOST_PROCESSES)).finally(() => {
      this.#sampling = undefined;
    });
    return this.#sampling;
  }

  async #take(watched: readonly WatchedProcess[]): Promise<MachineSample> {
    const atMs = this.#nowMs();
    const missing: Record<string, string> = {};
    this.#processes = watched;
    const { host, processes, zones, load, clocks, throttling, powerMode } = this.#groups;
    const memory = await this.#valueOf('memory', host, missing);
    this.#nvmapUsedBytes = memory?.nvmapUsedBytes;
    const gpuUsage = await this.#gpu.take();
    const card = gpuUsage?.value.card;
    const sizes = (await this.#valueOf('processes', processes, missing)) ?? new Map<number, ProcessSizes>();
    const gpu = (await this.#valueOf('gpu load', load, missing)) ?? NO_LOAD;
    const cpu = (await this.#valueOf('clocks', clocks, missing)) ?? NO_CLOCK;
    const mode = await this.#valueOf('power mode', powerMode, missing);
    // Last, since sensors behind a bus are what is likely to hang.
    const temperatures = [...((await this.#valueOf('temperatures', zones, missing)) ?? [])];
    if (card?.tempC !== undefined)
      temperatures.push({ name: 'card', tempC: card.tempC, passiveC: undefined, criticalC: undefined });
    const throttled = (await this.#valueOf('throttling', throttling, missing)) ?? NO_SIGNS;
    const gpuMemory = await this.#gpuMemory(gpuUsage);
    return {
      atMs,
      host: memory,
      gpuMemory,
      processes: watched.map((process) => sampleOf(process, sizes.get(process.pid), gpuMemory)),
      temperatures,
      hottestC: temperatures.length === 0 ? undefined : Math.max(...temperatures.map(({ tempC }) => tempC)),
      gpu: { ...gpu, loadPercent: gpu.loadPercent ?? card?.loadPercent },
      cpu,
      throttling: { ...throttled, active: joined(throttled.active, card?.throttledBy) },
      powerMode: mode?.name,
      missing,
      tookMs: this.#nowMs() - atMs,
    };
  }

  async #valueOf<T>(
    what: string,
    group: BoundedProbe<T>,
    missing: Record<string, string>,
  ): Promise<T | undefined> {
    const { host, processes, ...sensors } = this.#groups;
    const hanging = Object.values(sensors).filter(({ isLooking }) => isLooking).length;
    const isSensor = Object.values<unknown>(sensors).includes(group);
    const probed =
      isSensor && hanging >= MOST_HANGING ? { reason: 'too much else does not answer' } : await group.take();
    if ('value' in probed) return probed.value;
    missing[what] = probed.reason;
    return undefined;
  }

  async #lookAtGpu(askCard: ReturnType<typeof cardAsker>): Promise<GpuUsage> {
    const { files, askHelper, device } = this.#options;
    const kind = gpuKind(device());
    if (kind === 'none') return { memory: noGpuMemory('no GPU is known here') };
    if (kind === 'nvmap')
      return { memory: await nvmapMemory(files, askHelper, { nvmapUsedBytes: this.#nvmapUsedBytes }) };
    const answer = await askCard();
    return 'reason' in answer
      ? { memory: noGpuMemory(`nvidia-smi ${answer.reason}`) }
      : { memory: cardMemory(answer.usage), card: answer.usage };
  }

  async #gpuMemory(remembered: Remembered<GpuUsage> | undefined): Promise<MachineSample['gpuMemory']> {
    if (remembered === undefined) return { ...noGpuMemory('no answer yet'), atMs: undefined };
    const { memory } = remembered.value;
    const { atMs } = remembered;
    if (memory.processes === undefined || (await this.#countsAsDrivers())) return { ...memory, atMs };
    const reason = 'inside this container processes have other numbers than for the driver';
    return { ...memory, processes: undefined, processSource: undefined, reason, atMs };
  }

  /** Elsewhere a number of the driver's would be another process of ours. */
  async #countsAsDrivers(): Promise<boolean> {
    const name = await this.#options.files.link('/proc/self/ns/pid').catch(() => OUTERMOST);
    return name === OUTERMOST;
  }

  #nowMs(): number {
    return this.#options.clock.monotonicUs() / 1000;
  }
}

type ProcessSizes = Pick<ProcessSample, 'pssBytes' | 'rssBytes' | 'swapBytes'>;

const NO_LOAD = { loadPercent: undefined, freqHz: undefined, capHz: undefined };
const NO_CLOCK = { freqHz: undefined, capHz: undefined, ratedHz: undefined };
const NO_SIGNS = { active: undefined, events: {} };
const NO_SIZES = { pssBytes: undefined, rssBytes: undefined, swapBytes: undefined };

function groupsOf(files: SystemFiles, clock: Clock, watched: () => readonly WatchedProcess[]) {
  const zones = new ThermalZones(files, clock);
  const load = new GpuLoadReader(files, clock);
  const clocks = new CpuClockReader(files, clock);
  const throttling = new ThrottlingReader(files, clock);
  const group = <T>(look: () => Promise<T>) => new BoundedProbe(look, clock, GROUP_MS);
  return {
    host: group<HostMemory>(() => hostMemory(files)),
    processes: group(() => sizesOf(files, watched())),
    zones: group(() => zones.read()),
    load: group(() => load.read()),
    clocks: group(() => clocks.read()),
    throttling: group(() => throttling.read()),
    // Without one there is no such file, which is nothing to report.
    powerMode: group(async () => ({ name: await readPowerMode(files).catch(() => undefined) })),
  };
}

async function sizesOf(
  files: SystemFiles,
  watched: readonly WatchedProcess[],
): Promise<Map<number, ProcessSizes>> {
  const sizes = new Map<number, ProcessSizes>();
  for (const { pid } of watched) {
    const answer = await processMemory(files, pid);
    if ('memory' in answer) sizes.set(pid, answer.memory);
  }
  return sizes;
}

function sampleOf(
  process: WatchedProcess,
  sizes: ProcessSizes = NO_SIZES,
  { processes }: GpuMemory,
): ProcessSample {
  return { ...process, ...sizes, gpuBytes: processes?.find(({ pid }) => pid === process.pid)?.bytes };
}

function joined(a: string[] | undefined, b: string[] | undefined): string[] | undefined {
  return a === undefined || b === undefined ? (a ?? b) : [...a, ...b];
}
