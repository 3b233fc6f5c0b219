/**
 * Keeps a worker running by the desired plan: carries out the steps of reconcile(), starts a failed worker
 * again with backoff, and passes on what workers report. A crash, a hang, a new model and a new
 * configuration all end in the same act: a worker is started from a plan and the old one ends.
 */
import type { DetectdError } from '../base/errors.js';
import type { ServiceReport } from '../core/health-report.js';
import type { Health, Service } from '../core/service.js';
import type { CameraPlan, WorkerPlan } from '../core/worker-plan.js';
import type { WorkerMessage } from '../ipc/protocol.js';
import { CameraWords } from './camera-words.js';
import { Condition } from './condition.js';
import { DesiredPlan } from './desired-plan.js';
import type { Handover } from './handover.js';
import { reconcile, type Step } from './reconcile.js';
import { Renewals } from './renewals.js';
import { RestartTimer } from './restart-timer.js';
import { RunningWorker } from './running-worker.js';
import { Succession } from './succession.js';
import type { RestartDelays, WorkerState, WorkerSupervisorOptions } from './supervision.js';
import { Unkillable } from './unkillable.js';
import { closingMs, type WorkerLimits } from './worker-host.js';
import { workerServices } from './worker-services.js';

/** When all is to end, a worker that does not although it was killed is waited for no longer than this. */
const LAST_MS = 500;

export class WorkerSupervisor implements Service {
  readonly name = 'worker';
  readonly #options: WorkerSupervisorOptions;
  readonly #renewals = new Renewals();
  /** Who waits for what is desired to serve. */
  readonly #switches = new Renewals();
  readonly #words = new CameraWords();
  readonly #unkillable: Unkillable;
  readonly #wish: DesiredPlan;
  readonly #condition = new Condition();
  readonly #retry: RestartTimer;
  readonly #succession: Succession;
  #limits: WorkerLimits;
  /** The one that serves, or is to. */
  #worker: RunningWorker | undefined;
  #steps: Promise<void> = Promise.resolve();

  constructor(options: WorkerSupervisorOptions) {
    this.#options = options;
    this.#unkillable = new Unkillable(options.log);
    this.#wish = new DesiredPlan(options.plan, options.clock, () => void this.#settle());
    this.#limits = options.limits;
    this.#succession = new Succession({
      ...options,
      onMessage: (message) => this.#pass(message),
      onKept: (handover) => {
        this.#finish(handover);
        this.#tookOver(handover.next);
      },
    });
    this.#retry = new RestartTimer(options.restart, options.clock, () => void this.#settle());
  }

  get #desired(): WorkerPlan | undefined {
    return this.#wish.plan;
  }

  get #handover(): Handover | undefined {
    return this.#succession.handover;
  }

  get pid(): number | undefined {
    return this.#worker?.pid;
  }

  /** Of the one that is about to take over. */
  get nextPid(): number | undefined {
    return this.#handover?.next.pid;
  }

  /** Of the one that can be called back. */
  get standbyPid(): number | undefined {
    return this.#succession.standbyPid;
  }

  get state(): WorkerState {
    return this.#condition.state;
  }

  /** Whether the last worker ended with an error and none has been ready since. */
  get failing(): boolean {
    return this.#condition.failing;
  }

  async start(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) await this.#settle();
  }

  /**
   * Makes `plan` the desired one and begins what that takes; a worker that cannot run by it serves on until another has
   * taken over. New limits hold from the next worker on.
   */
  update(plan: WorkerPlan, limits: WorkerLimits, restart: RestartDelays): Promise<void> {
    this.#wish.ask(plan);
    this.#limits = limits;
    this.#words.keep(new Set(plan.cameras.map(({ name }) => name)));
    this.#retry.configure(restart);
    // A plan that has changed may cure what failed: do not make it wait for the old one's delay.
    this.#retry.cancel();
    return this.#settle();
  }

  /**
   * As update(), for another version of a model. Resolves when a worker by that plan serves, or when close() comes first;
   * rejects with the reason why it does not, and what served before serves on, or is back as soon as it is asked for
   * again: until another plan comes, this one is tried again. The worker before stays loaded for `standbyMs`, memory
   * allowing: a plan that it fits is then served by it at once, and so are the cameras when the new one fails. Ask for
   * one switch at a time.
   */
  switchTo(plan: WorkerPlan, limits: WorkerLimits, restart: RestartDelays, standbyMs: number): Promise<void> {
    const served = this.#switches.add();
    this.#switches.started();
    this.#succession.keepFor(standbyMs);
    void this.update(plan, limits, restart);
    return served;
  }

  /** The worker before is not needed any more. Resolves when it is gone. */
  endStandby(why: string): Promise<void> {
    return this.#succession.endStandby(why);
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
    this.#wish.close();
    this.#retry.cancel();
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(closingMs(this.#limits, this.#desired) + LAST_MS, resolve);
      void this.#settle().finally(() => {
        timer.cancel();
        resolve();
      });
    });
    this.#renewals.end();
    this.#switches.end();
  }

  health(): Health {
    return this.#unkillable.health(this.#condition.state) ?? this.#condition.health();
  }

  /** The worker, its inference, GStreamer and the cameras, each with its health. */
  services(): ServiceReport[] {
    const worker = this.#condition.state === 'ready' ? this.#worker : undefined;
    return workerServices({
      health: this.health(),
      hangMs: this.#limits.hangMs,
      standing: worker?.host.standing,
      fault: worker?.host.fault,
      cameras: this.#words.reports(),
    });
  }

  /** A file without loop is playing, which a fresh worker would start over. */
  get playsFile(): boolean {
    return this.#worker?.playsFile ?? false;
  }

  /** Whoever plays the camera; undefined: nobody does. */
  playerOf(camera: string): RunningWorker | undefined {
    return [this.#handover?.next, this.#worker].find((worker) => worker?.shows(camera) === true);
  }

  /** Cameras of which this worker decodes nothing, however often it opens them: a fresh one may. */
  stuckCameras(): string[] {
    return this.#words.stuck();
  }

  /** One settlement at a time, each from the plan that is desired when its turn comes. */
  #settle(): Promise<void> {
    this.#steps = this.#steps.then(async () => {
      const desired = this.#desired;
      // Once cameras go over it is finished first; that settles the rest.
      if (desired !== undefined && this.#handover?.warming === false) return;
      const actual = this.#worker?.plan;
      if (actual !== undefined && this.#wish.isMetBy(actual)) this.#condition.setback = undefined;
      const coming = this.#handover?.next.plan;
      for (const step of reconcile(desired, actual, { coming, renew: this.#renewals.wanted }))
        await this.#carryOut(step);
      const worker = this.#handover === undefined ? this.#worker : undefined;
      if (worker?.ready !== undefined && this.#wish.isMetBy(worker.plan)) this.#switches.serves();
    });
    return this.#steps;
  }

  async #carryOut(step: Step): Promise<void> {
    switch (step.do) {
      case 'stop-worker':
        return this.#succession.stop(this.#worker);
      case 'start-worker':
        if (!this.#retry.waiting) this.#startWorker(step.plan);
        return;
      case 'adjust':
        return this.#worker?.adjust(step.plan);
      case 'set-cameras':
        return this.#worker?.setCameras(step.cameras);
      case 'replace-worker':
        return this.#retry.waiting ? undefined : this.#replace(step.plan, []);
      case 'renew-worker':
        if (this.#retry.waiting || this.#worker?.ready === undefined) return;
        if (this.#renewals.urgent || !this.#worker.playsFile)
          await this.#replace(step.plan, this.#worker.finishedFiles());
        return;
      case 'drop-replacement':
        if (this.#handover?.warming === true) this.#renewals.dropped();
        return this.#succession.drop();
    }
  }

  /** Beside the one that serves where there is room for both; otherwise after it. */
  async #replace(plan: WorkerPlan, finished: CameraPlan[]): Promise<void> {
    const { log, room } = this.#options;
    if (this.#handover !== undefined) return;
    if (this.#worker?.ready !== undefined && this.#succession.callBack(this.#worker, plan) !== undefined) {
      this.#renewals.started();
      return;
    }
    await this.endStandby('another worker is to take over');
    const old = this.#worker;
    if (old?.ready !== undefined) {
      const { enough, why } = await room(old.rssBytes);
      // Meanwhile it may have ended; what follows from that is under way.
      if (this.#worker !== old || this.#desired === undefined) return;
      if (enough) {
        const next = this.#newWorker({ ...plan, cameras: [] }, finished);
        this.#succession.begin(old, next, plan);
        next.start();
        log.info({ pid: next.pid, beside: old.pid, memory: why }, 'worker started');
        return;
      }
      log.warn({ memory: why }, 'too little memory for two workers: one ends before the next one starts');
    }
    await old?.stop();
    if (this.#worker === undefined && !this.#retry.waiting && this.#desired !== undefined)
      this.#startWorker(plan, finished);
  }

  #startWorker(plan: WorkerPlan, finished: CameraPlan[] = []): void {
    const worker = this.#newWorker(plan, finished);
    this.#worker = worker;
    this.#condition.starts();
    worker.start();
    const facts = { pid: worker.pid, models: plan.models.length, cameras: plan.cameras.length };
    this.#options.log.info(facts, 'worker started');
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
    if (handover !== undefined && (worker === handover.old || worker === handover.next)) {
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
    if (this.#words.admits(message)) this.#options.onMessage(message);
  }

  #serves(): void {
    this.#condition.serves();
    this.#retry.healthy('serving');
    this.#renewals.serves();
  }

  #onGone(worker: RunningWorker, error: DetectdError | undefined): void {
    if (worker.host.abandoned) this.#unkillable.add(worker.pid, worker.host.ended);
    const handover = this.#handover;
    if (worker === handover?.next) this.#onNextGone(handover, error);
    else if (worker === handover?.old) this.#onOldGone(handover, error);
    else if (worker === this.#worker) this.#onServingGone(worker, error);
    else this.#succession.gone(worker, error?.message);
  }

  #onServingGone(worker: RunningWorker, error: DetectdError | undefined): void {
    if (error !== undefined && this.#fallBack(worker, error)) return;
    this.#worker = undefined;
    this.#condition.stopped();
    this.#words.workerGone();
    if (error === undefined || this.#desired === undefined) {
      this.#options.onEnded(undefined, 0);
      return;
    }
    this.#condition.failed(error);
    this.#renewals.failed(error);
    if (this.#wish.isMetBy(worker.plan)) this.#switches.failed(error);
    this.#options.onEnded(error, this.#retry.failed('serving'), worker.failure);
    if (!worker.host.abandoned) this.#unkillable.failed();
    this.#blame(worker);
  }

  /** The worker on standby has the cameras back at once. What is desired is tried again, unless that changes. */
  #fallBack(failed: RunningWorker, error: DetectdError): boolean {
    const back = this.#desired === undefined ? undefined : this.#succession.takeBack(failed);
    if (back === undefined) return false;
    this.#worker = back;
    this.#condition.setback = error;
    this.#blame(failed);
    const loaded = new Set(back.plan.models.map(({ name }) => name));
    const cameras = (this.#desired?.cameras ?? []).filter(({ model }) => loaded.has(model));
    this.#options.onTakenOver(cameras.map(({ name }) => name));
    if (back.ready !== undefined) this.#pass(back.ready);
    back.setCameras(cameras);
    this.#options.log.warn({ pid: back.pid }, 'the worker on standby serves again');
    this.#options.onFault(error, this.#retry.failed('replacing'), failed.failure);
    return true;
  }

  #blame(worker: RunningWorker): void {
    for (const report of this.#wish.blame(worker)) this.#pass({ type: 'camera', report });
  }

  /** The one that was to take over failed. */
  #onNextGone(handover: Handover, thrown: DetectdError | undefined): void {
    this.#succession.over();
    handover.rollBack();
    // A camera that the old one plays well is not taken from it.
    if (!handover.old.shows(handover.next.host.hungWith ?? '')) this.#blame(handover.next);
    if (this.#desired === undefined || thrown === undefined) return;
    this.#renewals.failed(thrown);
    if (this.#wish.isMetBy(handover.next.plan)) this.#switches.failed(thrown);
    if (handover.closing) {
      // Nobody serves: its end is that of the old one, which is on its way out.
      handover.old.blame = thrown;
    } else if (this.#wish.isMetBy(handover.old.plan)) {
      void this.#settle();
    } else {
      this.#condition.setback = thrown;
      this.#options.onFault(thrown, this.#retry.failed('replacing'), handover.next.failure);
    }
  }

  /** Told to end, or not: the next worker has all cameras. */
  #onOldGone(handover: Handover, error: DetectdError | undefined): void {
    const { next, closing } = handover;
    this.#finish(handover);
    if (next.ready === undefined) {
      this.#condition.starts(error);
      this.#options.onEnded(error, 0, handover.old.failure);
    } else {
      this.#tookOver(next);
      if (!closing && error !== undefined) this.#options.onFault(error, 0, handover.old.failure);
    }
  }

  #finish(handover: Handover): void {
    this.#succession.over();
    this.#worker = handover.next;
    this.#condition.setback = undefined;
    handover.finish();
    void this.#settle();
  }

  #tookOver({ pid }: RunningWorker): void {
    this.#serves();
    this.#retry.healthy('replacing');
    this.#options.log.info({ pid }, 'worker took over');
  }
}
