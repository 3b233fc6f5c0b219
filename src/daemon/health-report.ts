/** The report of health from what was seen of the machine and what the daemon knows of itself: pure. */
import type { CameraHealth, HealthReport, ServiceReport } from '../core/health-report.js';
import type { Service } from '../core/service.js';
import type { MachineSample } from '../device/machine-sample.js';
import type { WatchedSeries } from '../health/memory-watch.js';

/** What the daemon knows of itself at one moment. */
export interface DaemonFacts {
  services: ServiceReport[];
  cameras: readonly CameraHealth[];
  workerState: string;
  workerPid: number | undefined;
  /** Of the one that is about to take over. */
  nextPid: number | undefined;
  /** Of the worker that can be called back. */
  standbyPid?: number | undefined;
  builderPid: number | undefined;
  /** At its last beat. */
  waitingFrames: number | undefined;
  unsentResults: number | undefined;
  /** Cameras that want a fresh worker. */
  stuckCameras: readonly string[];
  /** A file without loop is playing. */
  playsFile: boolean;
  /** Of the worker, at its last beat. */
  deadPipelines: number | undefined;
  mqtt: HealthReport['mqtt'];
  outbox?: HealthReport['outbox'];
}

export interface ReportParts extends Pick<HealthReport, 'ts' | 'uptimeS' | 'remedies' | 'history'> {
  facts: DaemonFacts;
  loopDelayMs: number;
  sample: MachineSample;
  series: readonly WatchedSeries[];
  failures: Record<string, number>;
}

export function serviceReports(services: readonly Pick<Service, 'name' | 'health'>[]): ServiceReport[] {
  return services.map((service) => ({ name: service.name, ...service.health() }));
}

export function healthReport(parts: ReportParts): HealthReport {
  const { ts, uptimeS, facts, sample, series, failures, remedies, history } = parts;
  return {
    ts,
    uptimeS,
    services: facts.services,
    machine: machineOf(sample),
    processes: sample.processes.map(({ name, pid, rssBytes, pssBytes, swapBytes, gpuBytes }) => ({
      name,
      pid,
      rssBytes,
      pssBytes,
      swapBytes,
      gpuBytes,
    })),
    memory: series.map(({ name, bytes, verdict: { verdict, bytesPerHour, limitReachedInMs, reason } }) => ({
      name,
      bytes,
      verdict,
      bytesPerHour,
      ...(limitReachedInMs === undefined ? {} : { limitReachedInS: limitReachedInMs / 1000 }),
      reason,
    })),
    cameras: facts.cameras.map(
      ({ camera, state, fps, lastFrameAgeMs, analysed, drops, failed, reconnects }) => ({
        camera,
        state,
        fps,
        lastFrameAgeMs,
        analysed,
        drops,
        failed,
        reconnects,
      }),
    ),
    worker: {
      state: facts.workerState,
      failures,
      waitingFrames: facts.waitingFrames,
      unsentResults: facts.unsentResults,
      loopDelayMs: parts.loopDelayMs,
    },
    mqtt: facts.mqtt,
    ...(facts.outbox === undefined ? {} : { outbox: facts.outbox }),
    remedies,
    history,
    missing: sample.missing,
  };
}

function machineOf({ host, gpuMemory, gpu, cpu, temperatures, throttling, powerMode }: MachineSample) {
  return {
    memoryBytes: host?.totalBytes,
    availableBytes: host?.availableBytes,
    swapUsedBytes: host?.swapUsedBytes,
    memoryPressurePercent: host?.pressure?.somePercent,
    gpuUsedBytes: gpuMemory.usedBytes,
    gpuMemoryBytes: gpuMemory.totalBytes,
    gpuLoadPercent: gpu.loadPercent,
    gpuClockHz: gpu.freqHz,
    cpuClockHz: cpu.freqHz,
    temperatures: hottestByName(temperatures),
    throttledBy: throttling.active,
    powerMode,
  };
}

/** Kernels give several zones one name (`acpitz`), and two samples of one name are refused by whoever scrapes. */
function hottestByName(temperatures: MachineSample['temperatures']): HealthReport['machine']['temperatures'] {
  const hottest = new Map<string, number>();
  for (const { name, tempC } of temperatures) hottest.set(name, Math.max(tempC, hottest.get(name) ?? tempC));
  return [...hottest].map(([name, tempC]) => ({ name, tempC }));
}
