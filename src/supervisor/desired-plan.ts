/** What is to run: the plan that was asked for, without the cameras that have taken workers with them. */
import type { Clock } from '../base/clock.js';
import type { WorkerPlan } from '../core/worker-plan.js';
import type { CameraReport } from '../ipc/protocol.js';
import { CameraQuarantine } from './camera-quarantine.js';
import { fits } from './reconcile.js';
import type { RunningWorker } from './running-worker.js';

export class DesiredPlan {
  readonly #quarantine: CameraQuarantine;
  #asked: WorkerPlan | undefined;

  /** @param onChange a camera may be tried again */
  constructor(asked: WorkerPlan, clock: Clock, onChange: () => void) {
    this.#asked = asked;
    this.#quarantine = new CameraQuarantine(clock, onChange);
  }

  /** Undefined when nothing is to run any more. */
  get plan(): WorkerPlan | undefined {
    return this.#asked === undefined ? undefined : this.#quarantine.without(this.#asked);
  }

  ask(plan: WorkerPlan): void {
    this.#asked = plan;
  }

  close(): void {
    this.#asked = undefined;
    this.#quarantine.close();
  }

  /** Whether a worker that runs by `actual` can do what is wanted. */
  isMetBy(actual: WorkerPlan): boolean {
    const { plan } = this;
    return plan !== undefined && fits(plan, actual);
  }

  /** The worker failed; what is to be said of cameras that are left out now. */
  blame({ host: { hungWith }, plan: { cameras } }: RunningWorker): CameraReport[] {
    if (hungWith !== undefined) this.#quarantine.blame(hungWith, cameras);
    return this.#quarantine.reports();
  }
}
