/** A believable report of health: an Orin board with four cameras, whose worker loses GPU memory. */
import { noDrops } from '../../dist/core/drops.js';
import type { HealthReport } from '../../dist/core/health-report.js';

/** `count` values, oldest first, by the minute. */
function minutes(count: number, value: (minute: number) => number | null): (number | null)[] {
  return Array.from({ length: count }, (_, minute) => value(minute));
}

/** Up and down a little, the same in every run. */
function ripple(minute: number, size: number): number {
  return size * Math.sin(minute * 1.7) * Math.cos(minute * 0.6);
}

const camera = {
  state: 'online',
  fps: 9.97,
  lastFrameAgeMs: 84,
  analysed: 214_331,
  drops: { ...noDrops(), replaced: 12 },
  failed: 3,
  reconnects: 0,
};

export function healthReport(change: Partial<HealthReport> = {}): HealthReport {
  return {
    ts: '2026-11-22T08:21:04.512Z',
    uptimeS: 22_384,
    services: [
      { name: 'event loop', state: 'ok', reason: '' },
      { name: 'worker', state: 'ok', reason: '' },
      { name: 'inference', state: 'ok', reason: '' },
      { name: 'gstreamer', state: 'ok', reason: '' },
      { name: 'cameras', state: 'degraded', reason: 'lane: No frame came for 10 s.' },
      { name: 'engines', state: 'ok', reason: '' },
      { name: 'mqtt', state: 'ok', reason: '' },
      { name: 'http', state: 'ok', reason: '' },
      { name: 'machine', state: 'ok', reason: '' },
    ],
    machine: {
      memoryBytes: 7_990_452_224,
      availableBytes: 2_914_304_000,
      swapUsedBytes: 186_040_320,
      memoryPressurePercent: 0.42,
      gpuUsedBytes: 1_934_622_720,
      gpuMemoryBytes: undefined,
      gpuLoadPercent: 61.3,
      gpuClockHz: 624_750_000,
      cpuClockHz: 1_510_400_000,
      temperatures: [
        { name: 'cpu-thermal', tempC: 64.281 },
        { name: 'gpu-thermal', tempC: 66.03 },
        { name: 'soc0-thermal', tempC: 62.5 },
        { name: 'soc1-thermal', tempC: 61.906 },
        { name: 'soc2-thermal', tempC: 61.187 },
        { name: 'tj-thermal', tempC: 66.03 },
      ],
      throttledBy: [],
      powerMode: '15W',
    },
    processes: [
      {
        name: 'daemon',
        pid: 1204,
        rssBytes: 74_100_736,
        pssBytes: 69_120_000,
        swapBytes: 0,
        gpuBytes: undefined,
      },
      {
        name: 'worker',
        pid: 1391,
        rssBytes: 1_022_361_600,
        pssBytes: 968_884_224,
        swapBytes: 4_096_000,
        gpuBytes: 1_861_222_400,
      },
    ],
    memory: [
      { name: 'daemon', bytes: 69_120_000, verdict: 'steady', bytesPerHour: 12_000, reason: '' },
      { name: 'worker', bytes: 968_884_224, verdict: 'saw-tooth', bytesPerHour: 410_000, reason: '' },
      {
        name: 'worker gpu',
        bytes: 1_861_222_400,
        verdict: 'leak',
        bytesPerHour: 62_411_200,
        limitReachedInS: 41_520,
        reason: 'Grew by 61 MB an hour over the last 2.9 h, evenly; the limit is reached in 11.5 h.',
      },
      { name: 'gpu', bytes: 1_934_622_720, verdict: 'rising', bytesPerHour: 60_104_000, reason: '' },
      { name: 'available', bytes: 2_914_304_000, verdict: 'rising', bytesPerHour: 58_311_000, reason: '' },
    ],
    cameras: [
      { ...camera, camera: 'gate' },
      {
        ...camera,
        camera: 'yard',
        fps: 10.02,
        drops: { ...noDrops(), replaced: 38, paced: 2 },
        reconnects: 1,
      },
      { ...camera, camera: 'dock-west', fps: 14.9, lastFrameAgeMs: 51, analysed: 331_002 },
      {
        camera: 'lane',
        state: 'offline',
        fps: undefined,
        lastFrameAgeMs: 73_204,
        analysed: 98_122,
        drops: noDrops(),
        failed: 0,
        reconnects: 7,
      },
    ],
    worker: {
      state: 'serving',
      failures: { WORKER_HUNG: 1 },
      waitingFrames: 2,
      unsentResults: 0,
      loopDelayMs: 12.61,
    },
    mqtt: { published: 857_786, dropped: 214, reconnects: 2, queuedBytes: 0 },
    remedies: {
      taken: { recycle: { leak: 2 }, 'slow down': { hot: 1 }, 'speed up': { hot: 1 } },
      pending: {
        act: 'recycle',
        cause: 'leak',
        reason: 'The worker loses 62 MB of GPU memory an hour; waiting for a quiet moment.',
        ts: '2026-11-22T08:14:31.002Z',
      },
      last: {
        act: 'recycle',
        cause: 'leak',
        reason: 'The worker lost 61 MB of GPU memory an hour.',
        ts: '2026-11-22T04:02:11.480Z',
      },
      maxRate: undefined,
    },
    history: {
      intervalS: 60,
      availableBytes: minutes(60, (minute) => 2.97e9 - minute * 1.02e6 + ripple(minute, 6e6)),
      workerBytes: minutes(60, (minute) => 9.5e8 + (minute % 12) * 2.4e6 + ripple(minute, 1e6)),
      gpuBytes: minutes(60, (minute) => 1.873e9 + minute * 1.03e6 + ripple(minute, 2e6)),
      fps: minutes(60, (minute) => (minute > 21 && minute < 24 ? null : 34.9 + ripple(minute, 0.3))),
      hottestC: minutes(60, (minute) => 61 + minute / 12 + ripple(minute, 0.6)),
    },
    missing: {},
    ...change,
  };
}
