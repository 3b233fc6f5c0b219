/**
 * Who takes over from whom: the handover that is under way, and the worker on standby that can be called back. The one
 * before is kept where it served another version of a model; otherwise it ends when it has nothing left to do.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { WorkerPlan } from '../core/worker-plan.js';
import type { WorkerMessage } from '../ipc/protocol.js';
import { Handover } from './handover.js';
import { fits } from './reconcile.js';
import type { RunningWorker } from './running-worker.js';
import { Standby } from './standby.js';
import type { Room } from './supervision.js';

export interface SuccessionOptions {
  clock: Clock;
  log: Logger;
  room: (bytes: number) => Promise<Room>;
  onMessage: (message: WorkerMessage) => void;
  onTakenOver: (cameras: string[]) => void;
  /** The next worker has all cameras, and the one before is on standby. */
  onKept: (handover: Handover) => void;
}

export class Succession {
  readonly #options: SuccessionOptions;
  readonly #standby: Standby;
  #handover: Handover | undefined;
  #keepMs = 0;
  /** Of the worker on standby. */
  #keptMs = 0;

  constructor(options: SuccessionOptions) {
    this.#options = options;
    this.#standby = new Standby(options);
  }

  get handover(): Handover | undefined {
    return this.#handover;
  }

  get standbyPid(): number | undefined {
    return this.#standby.pid;
  }

  /** How long the next one is kept that is replaced for another version. */
  keepFor(ms: number): void {
    this.#keepMs = ms;
  }

  /** `next`, not started yet, is to take over from `old` and run by `plan`. */
  begin(old: RunningWorker, next: RunningWorker, plan: WorkerPlan): void {
    const worthwhile = old.plan.models.length > 0 && !fits(plan, old.plan);
    this.#handover = this.#newHandover(old, next, this.#keepMs > 0 && worthwhile);
  }

  /** The worker on standby takes over from `old` where it can run by `plan`; undefined otherwise. */
  callBack(old: RunningWorker, plan: WorkerPlan): Handover | undefined {
    const next = this.#standby.call(plan);
    if (next === undefined) return undefined;
    next.noteFinished(old.finishedFiles());
    this.#handover = this.#newHandover(old, next, false);
    this.#options.log.info({ pid: next.pid, beside: old.pid }, 'the worker on standby is called back');
    this.#handover.share(plan.cameras);
    return this.#handover;
  }

  /** The worker on standby, in place of one that has failed; the next one that follows is kept beside it again. */
  takeBack(failed: RunningWorker): RunningWorker | undefined {
    const back = this.#standby.call();
    back?.noteFinished(failed.finishedFiles());
    if (back !== undefined) this.#keepMs = this.#keptMs;
    return back;
  }

  /** The handover is over, however it went. */
  over(): void {
    this.#handover = undefined;
  }

  /** The next one is not wanted any more, unless it has cameras already. Resolves when it is gone. */
  async drop(): Promise<void> {
    const handover = this.#handover;
    if (handover?.warming !== true) return;
    this.#handover = undefined;
    await handover.next.kill();
  }

  /** Ends all workers, the one that serves included. */
  async stop(serving: RunningWorker | undefined): Promise<void> {
    const handover = this.#handover;
    this.#handover = undefined;
    const last = handover === undefined ? serving?.stop() : handover.abandon();
    await Promise.all([last, this.endStandby('all ends')]);
  }

  /** Nobody is called back any more. Resolves when it is gone. */
  endStandby(why: string): Promise<void> {
    return this.#standby.end(why);
  }

  /** A worker is gone that neither serves nor takes over. */
  gone(worker: RunningWorker, why: string | undefined): void {
    this.#standby.gone(worker, why);
  }

  #newHandover(old: RunningWorker, next: RunningWorker, keep: boolean): Handover {
    const { clock, onMessage, onTakenOver } = this.#options;
    const handover: Handover = new Handover({
      ...{ old, next, clock, onMessage, onTakenOver },
      onIdle: keep ? () => this.#onIdle(handover) : undefined,
    });
    return handover;
  }

  #onIdle(handover: Handover): void {
    if (this.#handover !== handover) return;
    this.#standby.keep(handover.old, this.#keepMs);
    this.#keptMs = this.#keepMs;
    this.#keepMs = 0;
    this.#options.onKept(handover);
  }
}
