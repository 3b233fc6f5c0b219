/**
 * The worker that served before, kept loaded without cameras so that it can have them back at once. It ends when its
 * time is over or when memory gets short: it must not be the reason why something else fails.
 */
import type { Clock, Timer } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { WorkerPlan } from '../core/worker-plan.js';
import { fits } from './reconcile.js';
import type { RunningWorker } from './running-worker.js';
import type { Room } from './supervision.js';

export interface StandbyOptions {
  clock: Clock;
  log: Logger;
  /** Whether the machine has this much memory to spare. Never rejects. */
  room: (bytes: number) => Promise<Room>;
}

/** Memory goes in seconds when it goes. */
const LOOK_MS = 2000;
/** What others may need at any moment: a builder that starts, pictures that come larger. */
const SPARE_BYTES = 128e6;

export class Standby {
  readonly #options: StandbyOptions;
  #worker: RunningWorker | undefined;
  #timers: Timer[] = [];

  constructor(options: StandbyOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#worker?.pid;
  }

  /** It has closed its cameras and can be called for this long. */
  keep(worker: RunningWorker, ms: number): void {
    const { clock, log } = this.#options;
    this.#worker = worker;
    this.#timers = [
      clock.after(ms, () => void this.end('its time is over')),
      clock.every(LOOK_MS, () => void this.#look(worker)),
    ];
    log.info({ pid: worker.pid, ms }, 'the worker before stays loaded, on standby');
  }

  /** The worker, which is to serve again; undefined when there is none, or none that can run by `plan`. */
  call(plan?: WorkerPlan): RunningWorker | undefined {
    const worker = this.#worker;
    if (worker === undefined || (plan !== undefined && !fits(plan, worker.plan))) return undefined;
    this.#release();
    return worker;
  }

  /** Resolves when the worker is gone. */
  async end(why: string): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#release();
    this.#options.log.info({ pid: worker.pid, why }, 'the worker on standby ends');
    await worker.stop();
  }

  /** This worker is gone, maybe the one on standby. */
  gone(worker: RunningWorker, why = 'it ended'): void {
    if (worker === this.#worker) void this.end(why);
  }

  async #look(worker: RunningWorker): Promise<void> {
    const { enough, why } = await this.#options.room(SPARE_BYTES);
    if (!enough && worker === this.#worker) await this.end(`memory is short: ${why}`);
  }

  #release(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#worker = undefined;
  }
}
