/** A worker as those see it who decide which one serves: it does what it is told and remembers that. */

import type { CameraState } from '../../dist/core/camera-state.js';
import type { CameraPlan, WorkerPlan } from '../../dist/core/worker-plan.js';
import type { WorkerMessage } from '../../dist/ipc/protocol.js';
import type { RunningWorker } from '../../dist/supervisor/running-worker.js';
import { workerPlan } from './plans.js';
import { modelReport } from './worker-parts.js';

export class WorkerDouble {
  plan: WorkerPlan;
  ready: WorkerMessage | undefined;
  readonly pid = 7;
  readonly told: string[] = [];
  host: { hungWith: string | undefined } = { hungWith: undefined };

  constructor(
    readonly name: string,
    cameras: CameraPlan[] = [],
    plan: Partial<WorkerPlan> = {},
  ) {
    this.plan = workerPlan({ cameras, ...plan });
  }

  get worker(): RunningWorker {
    return this as unknown as RunningWorker;
  }

  becomeReady(): void {
    this.ready = { type: 'ready', models: [modelReport({ family: this.name })] };
  }

  stateOf(): CameraState {
    return 'online';
  }

  finishedFiles(): CameraPlan[] {
    return this.plan.cameras.filter(({ source }) => source.kind === 'file');
  }

  noteFinished(cameras: CameraPlan[]): void {
    this.told.push(`finished: ${cameras.map(({ name }) => name).join(' ')}`);
  }

  setCameras(cameras: CameraPlan[]): void {
    this.plan = { ...this.plan, cameras };
    this.told.push(`cameras: ${cameras.map(({ name }) => name).join(' ')}`);
  }

  async stop(): Promise<void> {
    this.told.push('stop');
  }

  async kill(): Promise<void> {
    this.told.push('kill');
  }
}
