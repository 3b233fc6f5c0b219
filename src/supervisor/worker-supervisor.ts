/**
 * Keeps a worker running by the desired plan: carries out the steps of reconcile(), starts a failed worker
 * again with backoff, and passes on what workers report. A crash, a hang, a new model and a new
 * configuration all end in the same act: a worker is started from a plan and the old one ends.
 */
import { Backoff } from '../base/backoff.js';
import type { Clock, Timer } from '../base/clock.js';
import type { DetectdError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { HEALTHY, type Health, type Service } from '../core/service.js';
import type { WorkerPlan } from '../core/worker-plan.js';
import type { WorkerMessage } from '../ipc/protocol.js';
import { reconcile, type Step } from './reconcile.js';
import { WorkerHost, type WorkerLimits } from './worker-host.js';

export type WorkerState = 'stopped' | 'starting' | 'ready' | 'waiting';

export interface RestartDelays {
  initialMs: number;
  maxMs: number;
  /** A worker that was ready for this long has recovered: delays start over. */
  stableMs: number;
}

export interface WorkerSupervisorOptions {
  /** Module of the worker process. */
  module: URL;
  /** Environment for a worker of that plan. */
  env: (plan: WorkerPlan) => NodeJS.ProcessEnv;
  plan: WorkerPlan;
  limits: WorkerLimits;
  restart: RestartDelays;
  clock: Clock;
  log: Logger;
  onMessage: (message: WorkerMessage) => void;
  /** A worker is gone. With an error it should not have ended; another follows after `delayMs`. */
  onEnded: (error: DetectdError | undefined, delayMs: number) => void;
}

export class WorkerSupervisor implements Service {
  readonly name = 'worker';
  readonly #options: WorkerSupervisorOptions;
  #backoff: Backoff;
  #limits: WorkerLimits;
  #restart: RestartDelays;
  #desired: WorkerPlan | undefined;
  #actual: WorkerPlan | undefined;
  #host: WorkerHost | undefined;
  #gone: Promise<void> = Promise.resolve();
  #state: WorkerState = 'stopped';
  #failure: DetectdError | undefined;
  #retry: Timer | undefined;
  #steps: Promise<void> = Promise.resolve();

  constructor(options: WorkerSupervisorOptions) {
    this.#options = options;
    this.#desired = options.plan;
    this.#limits = options.limits;
    this.#restart = options.restart;
    this.#backoff = new Backoff({ ...options.restart, clock: options.clock });
  }

  get pid(): number | undefined {
    return this.#host?.pid;
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** Whether the last worker ended with an error and none has been ready since. */
  get failing(): boolean {
    return this.#failure !== undefined;
  }

  start(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return this.#settle();
  }

  /** Makes `plan` the desired one and does what that takes. New limits hold from the next worker on. */
  update(plan: WorkerPlan, limits: WorkerLimits, restart: RestartDelays): Promise<void> {
    this.#desired = plan;
    this.#limits = limits;
    if (JSON.stringify(restart) !== JSON.stringify(this.#restart)) {
      this.#restart = restart;
      this.#backoff = new Backoff({ ...restart, clock: this.#options.clock });
    }
    // A plan that has changed may cure what failed: do not make it wait for the old one's delay.
    this.#retry?.cancel();
    this.#retry = undefined;
    return this.#settle();
  }

  close(): Promise<void> {
    this.#desired = undefined;
    this.#retry?.cancel();
    return this.#settle();
  }

  health(): Health {
    if (this.#state === 'ready' || this.#state === 'stopped') return HEALTHY;
    const reason = this.#failure === undefined ? 'loading the models' : this.#failure.message;
    return { state: 'degraded', reason };
  }

  /** One settlement at a time, each from the plan that is desired when its turn comes. */
  #settle(): Promise<void> {
    this.#steps = this.#steps.then(async () => {
      for (const step of reconcile(this.#desired, this.#actual)) await this.#carryOut(step);
    });
    return this.#steps;
  }

  async #carryOut(step: Step): Promise<void> {
    switch (step.do) {
      case 'stop-worker':
        this.#host?.stop();
        await this.#gone;
        return;
      case 'start-worker':
        this.#startWorker(step.plan);
        return;
      case 'adjust':
        this.#host?.adjust(step.plan);
        this.#actual = step.plan;
        return;
      case 'set-cameras':
        this.#host?.setCameras(step.cameras);
        if (this.#actual !== undefined) this.#actual = { ...this.#actual, cameras: step.cameras };
        return;
    }
  }

  #startWorker(plan: WorkerPlan): void {
    const { module, env, clock, log } = this.#options;
    const host = new WorkerHost({
      module,
      env: env(plan),
      plan,
      limits: this.#limits,
      clock,
      onMessage: (message) => this.#onMessage(host, message),
    });
    this.#host = host;
    this.#actual = plan;
    this.#state = 'starting';
    this.#gone = host.run().then((error) => this.#onGone(host, error));
    log.info({ pid: host.pid, models: plan.models.length, cameras: plan.cameras.length }, 'worker started');
  }

  #onMessage(host: WorkerHost, message: WorkerMessage): void {
    if (host !== this.#host) return;
    if (message.type === 'ready') {
      this.#state = 'ready';
      this.#failure = undefined;
      this.#backoff.healthy();
    }
    this.#options.onMessage(message);
  }

  #onGone(host: WorkerHost, error: DetectdError | undefined): void {
    if (host !== this.#host) return;
    this.#host = undefined;
    this.#actual = undefined;
    this.#state = 'stopped';
    if (error === undefined || this.#desired === undefined) {
      this.#options.onEnded(undefined, 0);
      return;
    }
    this.#failure = error;
    this.#state = 'waiting';
    const delayMs = this.#backoff.next();
    this.#options.onEnded(error, delayMs);
    this.#retry = this.#options.clock.after(delayMs, () => {
      this.#retry = undefined;
      void this.#settle();
    });
  }
}
