/**
 * The message of `health`, as a pure builder: the report in the units of readers, small enough for a
 * metered link. What is not known is left out, never 0. Reasons come with secrets masked.
 */
import { allDrops } from '../core/drops.js';
import type { HealthReport, ProcessReport, RemedyReport, SeriesReport } from '../core/health-report.js';
import { SCHEMA_VERSION } from './payloads.js';
import type { HealthPayload, HealthProcess, HealthRemedy, HealthSeries } from './schemas/health-schema.js';

export type { HealthPayload };

/** A reason is a clause or a sentence; what is longer repeats some library's novel. */
const MAX_REASON = 300;
/** Of each series; an hour by the minute is 60. */
const MAX_HISTORY = 120;

export function healthPayload(source: {
  report: HealthReport;
  device: string;
  bootId: string;
}): HealthPayload {
  const { report } = source;
  const { machine, worker, mqtt, remedies, history } = report;
  return {
    schema: SCHEMA_VERSION,
    device: source.device,
    boot_id: source.bootId,
    ts: report.ts,
    uptime_s: Math.round(report.uptimeS),
    ...known({ loop_delay_ms: rounded(worker.loopDelayMs) }),
    services: byName(report.services, ({ state, reason }) => ({ state, ...told(reason) })),
    machine: {
      ...known({
        memory_mb: megabytes(machine.memoryBytes),
        available_mb: megabytes(machine.availableBytes),
        swap_used_mb: megabytes(machine.swapUsedBytes),
        memory_pressure_percent: tenths(machine.memoryPressurePercent),
        gpu_used_mb: megabytes(machine.gpuUsedBytes),
        gpu_memory_mb: megabytes(machine.gpuMemoryBytes),
        gpu_load_percent: rounded(machine.gpuLoadPercent),
        gpu_clock_mhz: megahertz(machine.gpuClockHz),
        cpu_clock_mhz: megahertz(machine.cpuClockHz),
      }),
      temperatures_c: temperaturesByName(machine.temperatures),
      ...known({ throttled_by: machine.throttledBy, power_mode: machine.powerMode }),
    },
    processes: report.processes.map(processFields),
    memory: byName(report.memory, seriesFields),
    cameras: byName(
      report.cameras.map((camera) => ({ ...camera, name: camera.camera })),
      ({ state, fps, lastFrameAgeMs, analysed, drops, reconnects }) => ({
        state,
        ...known({ fps: tenths(fps), last_frame_age_ms: rounded(lastFrameAgeMs) }),
        analysed,
        dropped: allDrops(drops),
        drops: counted(drops),
        reconnects,
      }),
    ),
    worker: {
      state: worker.state,
      failures: counted(worker.failures),
      ...known({ waiting_frames: worker.waitingFrames, unsent_results: worker.unsentResults }),
    },
    mqtt: {
      published: mqtt.published,
      dropped: mqtt.dropped,
      reconnects: mqtt.reconnects,
      queued_bytes: mqtt.queuedBytes,
    },
    ...known({ outbox: outboxFields(report.outbox) }),
    remedies: {
      taken: takenAtAll(remedies.taken),
      ...known({
        pending: remedyFields(remedies.pending),
        last: remedyFields(remedies.last),
        max_rate: tenths(remedies.maxRate),
      }),
    },
    history: {
      interval_s: history.intervalS,
      ...known({
        available_mb: trace(history.availableBytes, wholeMegabytes),
        worker_mb: trace(history.workerBytes, wholeMegabytes),
        gpu_mb: trace(history.gpuBytes, wholeMegabytes),
        fps: trace(history.fps, tenths),
        hottest_c: trace(history.hottestC, rounded),
      }),
    },
    missing: Object.fromEntries(Object.entries(report.missing).map(([name, why]) => [name, clipped(why)])),
  };
}

function outboxFields(outbox: HealthReport['outbox']): HealthPayload['outbox'] {
  if (outbox === undefined) return undefined;
  const { mode, waiting, bytes, oldestAgeS, stored, acknowledged, lost, replaying } = outbox;
  return {
    ...{ mode, waiting, bytes },
    ...known({ oldest_age_s: rounded(oldestAgeS) }),
    ...{ stored, acknowledged, lost: counted(lost), replaying },
  };
}

/** What never happened is left out. */
function counted(counts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

function takenAtAll(taken: HealthReport['remedies']['taken']): HealthReport['remedies']['taken'] {
  const acts = Object.entries(taken).map(([act, causes]) => [act, counted(causes)] as const);
  return Object.fromEntries(acts.filter(([, causes]) => Object.keys(causes).length > 0));
}

function processFields(process: ProcessReport): HealthProcess {
  return {
    name: process.name,
    pid: process.pid,
    ...known({
      rss_mb: megabytes(process.rssBytes),
      pss_mb: megabytes(process.pssBytes),
      swap_mb: megabytes(process.swapBytes),
      gpu_mb: megabytes(process.gpuBytes),
    }),
  };
}

function seriesFields(series: SeriesReport): HealthSeries {
  return {
    mb: megabytes(series.bytes) ?? 0,
    verdict: series.verdict,
    mb_per_hour: megabytes(series.bytesPerHour) ?? 0,
    ...known({ limit_reached_in_s: rounded(series.limitReachedInS) }),
    ...told(series.reason),
  };
}

function remedyFields(remedy: RemedyReport | undefined): HealthRemedy | undefined {
  if (remedy === undefined) return undefined;
  return { act: remedy.act, cause: remedy.cause, reason: clipped(remedy.reason), ts: remedy.ts };
}

function temperaturesByName(temperatures: HealthReport['machine']['temperatures']): Record<string, number> {
  return Object.fromEntries(
    temperatures.flatMap(({ name, tempC }) => {
      const degrees = tenths(tempC);
      return degrees === undefined ? [] : [[name, degrees] as const];
    }),
  );
}

function trace(
  values: readonly (number | null)[],
  round: (value: number) => number | undefined,
): (number | null)[] | undefined {
  const points = values.slice(-MAX_HISTORY).map((value) => (value === null ? null : (round(value) ?? null)));
  return points.some((point) => point !== null) ? points : undefined;
}

/** What is the same for every reader: an object by name, as Home Assistant's templates want it. */
function byName<T extends { name: string }, R>(
  items: readonly T[],
  fields: (item: T) => R,
): Record<string, R> {
  return Object.fromEntries(items.map((item) => [item.name, fields(item)]));
}

function told(reason: string): { reason?: string } {
  return reason === '' ? {} : { reason: clipped(reason) };
}

function clipped(reason: string): string {
  return reason.length > MAX_REASON ? `${reason.slice(0, MAX_REASON - 1)}…` : reason;
}

type Known<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the fields that are undefined. */
function known<T extends object>(fields: T): Known<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Known<T>;
}

/** Rounded to `digits`; not a number is not known. */
function scaled(value: number | undefined, unit: number, digits: 0 | 1): number | undefined {
  if (value === undefined || !Number.isFinite(value)) return undefined;
  const factor = 10 ** digits;
  // Not -0, which JSON and people do not need.
  return Math.round((value / unit) * factor) / factor + 0;
}

const megabytes = (bytes: number | undefined) => scaled(bytes, 1e6, 1);
const wholeMegabytes = (bytes: number) => scaled(bytes, 1e6, 0);
const megahertz = (hertz: number | undefined) => scaled(hertz, 1e6, 0);
const tenths = (value: number | undefined) => scaled(value, 1, 1);
const rounded = (value: number | undefined) => scaled(value, 1, 0);
