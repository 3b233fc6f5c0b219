/**
 * The state of health of the whole device at one moment, as plain data: made by daemon/, read by the `health` topic, by
 * the metrics and by `detectd status`. What is not known is undefined, never 0. Counters count since the daemon started.
 */
import type { LossCause } from './device-event.js';
import type { Drops } from './drops.js';
import type { HealthState } from './service.js';

export interface ServiceReport {
  name: string;
  state: HealthState;
  /** One clause for people; empty when ok. */
  reason: string;
}

/** One series of memory and what its leak detector says of it. */
export interface SeriesReport {
  /** `worker`, `worker gpu`, `daemon`, `gpu` (of all processes) or `available` (what the machine has left). */
  name: string;
  /** The newest sample. */
  bytes: number;
  /** `warming up`, `steady`, `step`, `saw-tooth`, `rising`, `leak` or `shrinking`. */
  verdict: string;
  /** Above 0 when memory is being lost. */
  bytesPerHour: number;
  /** At this slope; only for a leak. */
  limitReachedInS?: number;
  reason: string;
}

export interface ProcessReport {
  /** `daemon`, `worker`, `next worker` or `builder`. */
  name: string;
  pid: number;
  rssBytes: number | undefined;
  pssBytes: number | undefined;
  swapBytes: number | undefined;
  gpuBytes: number | undefined;
}

export interface MachineReport {
  memoryBytes: number | undefined;
  availableBytes: number | undefined;
  swapUsedBytes: number | undefined;
  /** Percent of the last ten seconds in which something waited for memory. */
  memoryPressurePercent: number | undefined;
  gpuUsedBytes: number | undefined;
  /** Of a card; boards share the machine's memory. */
  gpuMemoryBytes: number | undefined;
  gpuLoadPercent: number | undefined;
  gpuClockHz: number | undefined;
  cpuClockHz: number | undefined;
  /** One for each name; of several sensors with one name the hottest. */
  temperatures: { name: string; tempC: number }[];
  /** What holds clocks down; empty when nothing does, undefined where nothing can tell. */
  throttledBy: string[] | undefined;
  powerMode: string | undefined;
}

export interface CameraHealth {
  camera: string;
  state: string;
  /** Analysed frames per second. */
  fps: number | undefined;
  lastFrameAgeMs: number | undefined;
  analysed: number;
  /** Delivered and never analysed. */
  drops: Drops;
  /** Could not be analysed. */
  failed: number;
  reconnects: number;
}

/** Something was done about the daemon's own health, or is about to be. */
export interface RemedyReport {
  act: 'recycle' | 'slow down' | 'speed up' | 'restart' | 'reboot';
  /**
   * Short, one of few: `leak`, `memory limit`, `memory short`, `hot`, `decoder`, `dead pipelines`, `daemon leak`,
   * `worker fails`, `worker stuck`.
   */
  cause: string;
  /** One sentence with the numbers. */
  reason: string;
  /** RFC 3339; of what is pending, since when. */
  ts: string;
}

/** Messages that are kept until the broker has them. */
export interface OutboxReport {
  mode: 'disk' | 'memory';
  waiting: number;
  bytes: number;
  /** Of what waits; counted while the daemon runs. */
  oldestAgeS: number | undefined;
  stored: number;
  acknowledged: number;
  lost: Record<LossCause, number>;
  /** Messages from before are being sent. */
  replaying: boolean;
}

export interface HealthReport {
  /** RFC 3339. */
  ts: string;
  uptimeS: number;
  /** Each part by name: `worker`, `inference`, `gstreamer`, `cameras`, `engines`, `mqtt`, `http`, `machine`, `event loop`, …. */
  services: ServiceReport[];
  machine: MachineReport;
  processes: ProcessReport[];
  memory: SeriesReport[];
  cameras: CameraHealth[];
  worker: {
    state: string;
    /** Workers that ended otherwise than in order, by error code. */
    failures: Record<string, number>;
    /** Frames that wait for their turn or are with the model, and results that were not taken yet; at its last beat. */
    waitingFrames: number | undefined;
    unsentResults: number | undefined;
    /** Longest time that this process was not able to do anything, in the last interval. */
    loopDelayMs: number | undefined;
  };
  mqtt: { published: number; dropped: number; reconnects: number; queuedBytes: number };
  outbox?: OutboxReport | undefined;
  remedies: {
    /** How often each act was taken, by act and cause: `recycle` → `leak` → 2. */
    taken: Record<string, Record<string, number>>;
    pending: RemedyReport | undefined;
    last: RemedyReport | undefined;
    /** Analysed frames per second over all cameras are kept to this; undefined: not slowed down. */
    maxRate: number | undefined;
  };
  /** Minute by minute, oldest first, an hour at most; null where nothing is known. For small graphs. */
  history: {
    intervalS: number;
    availableBytes: (number | null)[];
    workerBytes: (number | null)[];
    gpuBytes: (number | null)[];
    fps: (number | null)[];
    hottestC: (number | null)[];
  };
  /** For what did not answer, why. */
  missing: Record<string, string>;
}
