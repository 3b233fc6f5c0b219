/** What a sampler tells of a healthy board with a worker, to be changed where a test is about it. */
import type { MachineSample } from '../../dist/device/machine-sample.js';

export const MB = 1e6;

export interface SampleChange {
  atMs?: number;
  workerPid?: number;
  workerMb?: number;
  workerGpuMb?: number;
  /** Of all processes, where the driver tells of none. */
  gpuMb?: number;
  daemonMb?: number;
  roomMb?: number;
  tempC?: number;
}

export function machineSample(change: SampleChange = {}): MachineSample {
  const {
    atMs = 0,
    workerPid = 41,
    workerMb = 300,
    workerGpuMb,
    gpuMb = workerGpuMb === undefined ? undefined : workerGpuMb + 100,
    daemonMb = 80,
    roomMb = 3000,
    tempC = 50,
  } = change;
  const size = (name: string, pid: number, mb: number, gpuMb?: number) => ({
    name,
    pid,
    rssBytes: (mb + 40) * MB,
    pssBytes: mb * MB,
    swapBytes: 0,
    gpuBytes: gpuMb === undefined ? undefined : gpuMb * MB,
  });
  return {
    atMs,
    tookMs: 5,
    host: {
      totalBytes: 8000 * MB,
      availableBytes: roomMb * MB,
      swapTotalBytes: 0,
      swapFreeBytes: 0,
      nvmapUsedBytes: undefined,
      roomBytes: roomMb * MB,
      roomWhere: 'the machine',
      swapUsedBytes: 0,
      pressure: { somePercent: 0.5, fullPercent: 0 },
    },
    gpuMemory: {
      usedBytes: gpuMb === undefined ? undefined : gpuMb * MB,
      totalBytes: undefined,
      processes: undefined,
      usedSource: undefined,
      processSource: undefined,
      reason: undefined,
      atMs,
    },
    processes: [size('daemon', 40, daemonMb), size('worker', workerPid, workerMb, workerGpuMb)],
    temperatures: [{ name: 'cpu-thermal', tempC, passiveC: 99, criticalC: 104.5 }],
    hottestC: tempC,
    gpu: { loadPercent: 40, freqHz: 918e6, capHz: 918e6 },
    cpu: { freqHz: 1.5e9, capHz: 1.5e9, ratedHz: 1.5e9 },
    throttling: { active: [], events: {} },
    powerMode: '15W',
    missing: {},
  };
}
