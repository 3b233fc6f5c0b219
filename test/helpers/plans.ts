/** Worker plans for tests: complete, and different where a test says so. */
import { UNKNOWN_DEVICE } from '../../dist/core/device-info.js';
import type { CameraPlan, WorkerModelPlan, WorkerPlan } from '../../dist/core/worker-plan.js';

export function cameraPlan(change: Partial<CameraPlan> = {}): CameraPlan {
  return {
    name: 'gate',
    source: { kind: 'test', pattern: 'ball' },
    model: 'people',
    fps: undefined,
    everyFrame: false,
    loop: false,
    stallTimeoutMs: 10_000,
    slicing: undefined,
    ...change,
  } as CameraPlan;
}

export function modelPlan(change: Partial<WorkerModelPlan> = {}): WorkerModelPlan {
  return {
    name: 'people',
    bundle: '/srv/people',
    threshold: 0.5,
    provider: 'cpu',
    precision: 'fp32',
    threads: 1,
    modes: ['live'],
    providers: ['cpu'],
    ...change,
  };
}

export function workerPlan(change: Partial<WorkerPlan> = {}): WorkerPlan {
  return {
    models: [modelPlan()],
    cameras: [cameraPlan()],
    cameraCapacity: 8,
    cacheFolder: '/var/cache/detectd',
    maxEngineBytes: 1e9,
    device: UNKNOWN_DEVICE,
    log: { level: 'silent', pretty: false },
    measureCpu: false,
    ...change,
  };
}
