/**
 * Keeps a worker running by the desired plan: carries out the steps of reconcile(), starts a failed worker
 * again with backoff, and passes on what workers report. A crash, a hang, a new model and a new
 * configuration all end in the same act: a worker is started from a plan and the old one ends.
 */
import { Backoff } from '../base/backoff.js';
import type { Timer } from '../base/clock.js';
import type { DetectdError } from '../base/errors.js';
import type { ServiceReport } from '../core/health-report.js';
import { HEALTHY, type Health, type Service } from '../core/service.js';
import type { CameraPlan, WorkerPlan } from '../core/worker-plan.js';
import type { CameraReport, WorkerMessage } from '../ipc/protocol.js';
import { CameraQuarantine } from './camera-quarantine.js';
import { Handover } from './handover.js';
import { fits, reconcile, type Step } from './reconcile.js';
import { Renewals } from './renewals.js';
import { RunningWorker } from './running-worker.js';
import type { RestartDelays, WorkerState, WorkerSupervisorOptions } from './supervision.js';
import { Unkillable } from './unkillable.js';
import type { WorkerLimits } from './worker-host.js';
import { workerServices } from './worker-services.js';

/** When all is to end, a worker that does not although it was killed is waited for no longer than this. */
const LAST_MS = 500;

export class WorkerSupervisor implements Service {
  readonly name = 'worker';
  readonly #options: WorkerSupervisorOptions;
  readonly #renewals = new Renewals();
  /** Capture time of each camera's newest result: pictures are never told out of order. */
  readonly #newestUs = new Map<string, number>();
  /** What was said of each camera last. */
  readonly #cameras = new Map<string, CameraReport>();
  readonly #unkillable: Unkillable;
  readonly #quarantine: CameraQuarantine;
  #backoff: Backoff;
  #replaceBackoff: Backoff;
  #limits: WorkerLimits;
  #restart: RestartDelays;
  /** What was asked for, cameras in quarantine included; undefined when nothing is to run any more. */
  #asked: WorkerPlan | undefined;
  /** The one that serves, or is to. */
  #worker: RunningWorker | undefined;
  #handover: Handover | undefined;
  #state: WorkerState = 'stopped';
  #failure: DetectdError | undefined;
  /** Why the worker that serves is not the one that is wanted. */
  #setback: DetectdError | undefined;
  #retry: Timer | undefined;
  #steps: Promise<void> = Promise.resolve();

  constructor(options: WorkerSupervisorOptions) {
    this.#options = options;
    this.#unkillable = new Unkillable(options.log);
    this.#quarantine = new CameraQuarantine(options.clock, () => void this.#settle());
    this.#asked = options.plan;
    this.#limits = options.limits;
    this.#restart = options.restart;
    this.#backoff = new Backoff({ ...options.restart, clock: options.clock });
    this.#replaceBackoff = new Backoff({ ...options.restart, clock: options.clock });
  }

  get #desired(): WorkerPlan | undefined {
    return this.#asked === undefined ? undefined : this.#quarantine.without(this.#asked);
  }

  get pid(): number | undefined {
    return this.#worker?.pid;
  }

  /** Of the one that is about to take over. */
  get nextPid(): number | undefined {
    return this.#handover?.next.pid;
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

  /**
   * Makes `plan` the desired one and begins what that takes; a worker that cannot run by it serves on until another has
   * taken over. New limits hold from the next worker on.
   */
  update(plan: WorkerPlan, limits: WorkerLimits, restart: RestartDelays): Promise<void> {
    this.#asked = plan;
    this.#limits = limits;
    const cameras = new Set(plan.cameras.map(({ name }) => name));
    for (const seen of [this.#newestUs, this.#cameras])
      for (const camera of seen.keys()) if (!cameras.has(camera)) seen.delete(camera);
    if (JSON.stringify(restart) !== JSON.stringify(this.#restart)) {
      this.#restart = restart;
      this.#backoff = new Backoff({ ...restart, clock: this.#options.clock });
      this.#replaceBackoff = new Backoff({ ...restart, clock: this.#options.clock });
    }
    // A plan that has changed may cure what failed: do not make it wait for the old one's delay.
    this.#retry?.cancel();
    this.#retry = undefined;
    return this.#settle();
  }

  /**
   * A fresh worker by the same plan takes over, once no file without loop is playing any more; `urgent`: now, and such
   * files start over. Resolves when it serves; rejects with the reason when it fails, and the one before serves on.
   * Resolves, too, when close() comes first.
   */
  renew(reason: string, urgent = false): Promise<void> {
    if (this.#desired === undefined) return Promise.resolve();
    this.#options.log.info({ reason }, 'a fresh worker is to take over');
    if (urgent && this.playsFile) this.#options.log.warn({ reason }, 'files that are playing start over');
    const served = this.#renewals.add(urgent);
    void this.#settle();
    return served;
  }

  async close(): Promise<void> {
    this.#asked = undefined;
    this.#quarantine.close();
    this.#retry?.cancel();
    this.#retry = undefined;
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(this.#limits.stopMs + LAST_MS, resolve);
      void this.#settle().finally(() => {
        timer.cancel();
        resolve();
      });
    });
    this.#renewals.end();
  }

  health(): Health {
    const unkillable = this.#unkillable.health(this.#state);
    if (unkillable !== undefined) return unkillable;
    if (this.#setback !== undefined) {
      const reason = `the next one failed, the one before serves on: ${this.#setback.message}`;
      return { state: 'degraded', reason };
    }
    if (this.#state === 'ready' || this.#state === 'stopped') return HEALTHY;
    const reason = this.#failure === undefined ? 'loading the models' : this.#failure.message;
    return { state: 'degraded', reason };
  }

  /** The worker, its inference, GStreamer and the cameras, each with its health. */
  services(): ServiceReport[] {
    const worker = this.#state === 'ready' ? this.#worker : undefined;
    return workerServices({
      health: this.health(),
      hangMs: this.#limits.hangMs,
      standing: worker?.host.standing,
      fault: worker?.host.fault,
      cameras: [...this.#cameras.values()],
    });
  }

  /** A file without loop is playing, which a fresh worker would start over. */
  get playsFile(): boolean {
    return this.#worker?.playsFile ?? false;
  }

  /** Cameras of which this worker decodes nothing, however often it opens them: a fresh one may. */
  stuckCameras(): string[] {
    return [...this.#cameras.values()].filter(({ stuck }) => stuck === true).map(({ camera }) => camera);
  }

  /** One settlement at a time, each from the plan that is desired when its turn comes. */
  #settle(): Promise<void> {
    this.#steps = this.#steps.then(async () => {
      const desired = this.#desired;
      // Once cameras go over it is finished first; that settles the rest.
      if (desired !== undefined && this.#handover?.warming === false) return;
      const actual = this.#worker?.plan;
      if (desired !== undefined && actual !== undefined && fits(desired, actual)) this.#setback = undefined;
      const coming = this.#handover?.next.plan;
      for (const step of reconcile(desired, actual, { coming, renew: this.#renewals.wanted }))
        await this.#carryOut(step);
    });
    return this.#steps;
  }

  async #carryOut(step: Step): Promise<void> {
    switch (step.do) {
      case 'stop-worker':
        await this.#stopAll();
        return;
      case 'start-worker':
        if (this.#retry === undefined) this.#startWorker(step.plan);
        return;
      case 'adjust':
        this.#worker?.adjust(step.plan);
        return;
      case 'set-cameras':
        this.#worker?.setCameras(step.cameras);
        return;
      case 'replace-worker':
        if (this.#retry === undefined) await this.#replace(step.plan, []);
        return;
      case 'renew-worker':
        if (this.#retry !== undefined || this.#worker?.ready === undefined) return;
        if (this.#renewals.urgent || !this.#worker.playsFile)
          await this.#replace(step.plan, this.#worker.finishedFiles());
        return;
      case 'drop-replacement':
        await this.#drop();
        return;
    }
  }

  async #stopAll(): Promise<void> {
    const handover = this.#handover;
    this.#handover = undefined;
    await (handover === undefined ? this.#worker?.stop() : handover.abandon());
  }

  async #drop(): Promise<void> {
    const handover = this.#handover;
    if (handover?.warming !== true) return;
    this.#handover = undefined;
    this.#renewals.dropped();
    await handover.next.kill();
  }

  /** Beside the one that serves where there is room for both; otherwise after it. */
  async #replace(plan: WorkerPlan, finished: CameraPlan[]): Promise<void> {
    const { log, room, clock, onTakenOver } = this.#options;
    if (this.#handover !== undefined) return;
    const old = this.#worker;
    if (old?.ready !== undefined) {
      const { enough, why } = await room(old.rssBytes);
      // Meanwhile it may have ended; what follows from that is under way.
      if (this.#worker !== old || this.#desired === undefined) return;
      if (enough) {
        const next = this.#newWorker({ ...plan, cameras: [] }, finished);
        const onMessage = (message: WorkerMessage): void => this.#pass(message);
        this.#handover = new Handover({ old, next, clock, onMessage, onTakenOver });
        next.start();
        log.info({ pid: next.pid, beside: old.pid, memory: why }, 'worker started');
        return;
      }
      log.warn({ memory: why }, 'too little memory for two workers: one ends before the next one starts');
    }
    await old?.stop();
    if (this.#worker === undefined && this.#retry === undefined && this.#desired !== undefined)
      this.#startWorker(plan, finished);
  }

  #startWorker(plan: WorkerPlan, finished: CameraPlan[] = []): void {
    const worker = this.#newWorker(plan, finished);
    this.#worker = worker;
    this.#state = 'starting';
    worker.start();
    const { length: cameras } = plan.cameras;
    this.#options.log.info({ pid: worker.pid, models: plan.models.length, cameras }, 'worker started');
  }

  #newWorker(plan: WorkerPlan, finished: CameraPlan[]): RunningWorker {
    const { module, env, clock } = this.#options;
    this.#renewals.started();
    return new RunningWorker({
      module,
      env: env(plan),
      plan,
      finished,
      limits: this.#limits,
      clock,
      onMessage: (worker, message) => this.#onMessage(worker, message),
      onGone: (worker, error) => this.#onGone(worker, error),
    });
  }

  #onMessage(worker: RunningWorker, message: WorkerMessage): void {
    const handover = this.#handover;
    if (handover !== undefined) {
      handover.take(worker, message);
      if (worker === handover.next && message.type === 'ready') handover.share(this.#desired?.cameras ?? []);
    } else if (worker === this.#worker) {
      if (message.type === 'ready') this.#serves();
      this.#pass(message);
    }
    // What waits for the end of a file, or for a worker to be ready, goes on.
    const ended = message.type === 'camera' && message.report.state === 'ended';
    if (ended || message.type === 'ready') void this.#settle();
  }

  #pass(message: WorkerMessage): void {
    if (message.type === 'result') {
      const { camera, capturedAtUs } = message.result;
      if (capturedAtUs < (this.#newestUs.get(camera) ?? 0)) return;
      this.#newestUs.set(camera, capturedAtUs);
    } else if (message.type === 'camera') {
      this.#cameras.set(message.report.camera, message.report);
    }
    this.#options.onMessage(message);
  }

  #serves(): void {
    this.#state = 'ready';
    this.#failure = undefined;
    this.#backoff.healthy();
    this.#renewals.serves();
  }

  #onGone(worker: RunningWorker, error: DetectdError | undefined): void {
    if (worker.host.abandoned) this.#unkillable.add(worker.pid, worker.host.ended);
    const handover = this.#handover;
    if (worker === handover?.next) this.#onNextGone(handover, error);
    else if (worker === handover?.old) this.#onOldGone(handover, error);
    else if (worker === this.#worker) this.#onServingGone(worker, error);
  }

  #onServingGone(worker: RunningWorker, error: DetectdError | undefined): void {
    this.#worker = undefined;
    this.#state = 'stopped';
    this.#cameras.clear();
    if (error === undefined || this.#desired === undefined) {
      this.#options.onEnded(undefined, 0);
      return;
    }
    this.#failure = error;
    this.#state = 'waiting';
    this.#renewals.failed(error);
    const delayMs = this.#backoff.next();
    this.#retryAfter(delayMs);
    this.#options.onEnded(error, delayMs);
    if (!worker.host.abandoned) this.#unkillable.failed();
    this.#blame(worker);
  }

  #blame({ host: { hungWith }, plan: { cameras } }: RunningWorker): void {
    if (hungWith !== undefined) this.#quarantine.blame(hungWith, cameras);
    for (const report of this.#quarantine.reports()) this.#pass({ type: 'camera', report });
  }

  /** The one that was to take over failed. */
  #onNextGone(handover: Handover, thrown: DetectdError | undefined): void {
    this.#handover = undefined;
    handover.rollBack();
    // A camera that the old one plays well is not taken from it.
    if (handover.old.stateOf(handover.next.host.hungWith ?? '') !== 'online') this.#blame(handover.next);
    if (this.#desired === undefined || thrown === undefined) return;
    this.#renewals.failed(thrown);
    if (handover.closing) {
      // Nobody serves: its end is that of the old one, which is on its way out.
      handover.old.blame = thrown;
    } else if (fits(this.#desired, handover.old.plan)) {
      void this.#settle();
    } else {
      this.#setback = thrown;
      const delayMs = this.#replaceBackoff.next();
      this.#retryAfter(delayMs);
      this.#options.onFault(thrown, delayMs);
    }
  }

  /** Told to end, or not: the next worker has all cameras. */
  #onOldGone(handover: Handover, error: DetectdError | undefined): void {
    const { next, closing } = handover;
    this.#handover = undefined;
    this.#worker = next;
    this.#setback = undefined;
    handover.finish();
    if (next.ready === undefined) {
      this.#state = 'starting';
      this.#failure = error;
      this.#options.onEnded(error, 0);
    } else {
      this.#serves();
      this.#replaceBackoff.healthy();
      this.#options.log.info({ pid: next.pid }, 'worker took over');
      if (!closing && error !== undefined) this.#options.onFault(error, 0);
    }
    void this.#settle();
  }

  #retryAfter(delayMs: number): void {
    this.#retry?.cancel();
    this.#retry = this.#options.clock.after(delayMs, () => {
      this.#retry = undefined;
      void this.#settle();
    });
  }
}
