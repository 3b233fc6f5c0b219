/**
 * Hands frames from the scheduler to the model while there is time for them, and knows what holds them back: the model
 * that is busy, the rate that all cameras are kept to, or a supervising process that takes no results.
 */
import type { Clock, Timer } from '../base/clock.js';
import { Pace } from '../capture/pace.js';
import type { DropCause } from '../core/drops.js';
import type { Frame } from '../core/frame.js';
import type { Scheduler } from '../inference/scheduler.js';

/** One run of the model and one behind it, so that it never waits for the next. */
const MAX_RUNS = 2;
/** Results that the supervising process has not taken; beyond this nothing more is analysed. */
const MAX_BACKLOG = 64;

export interface DispatcherParts {
  clock: Clock;
  scheduler: Scheduler;
  /** Messages not yet taken by the supervising process. */
  backlog: () => number;
  /** Resolves when it has taken them all. */
  drained: () => Promise<void>;
  /** Runs of models that are under way or behind one; undefined: there are no models yet. */
  runs: () => number | undefined;
  /** Frames of different cameras that are one run. */
  analyse: (frames: Frame[]) => void;
}

export class Dispatcher {
  readonly #parts: DispatcherParts;
  /** Keeps the frames of all cameras together to so many a second; undefined: as many as come. */
  #pace: Pace | undefined;
  /** Runs while frames wait for the pace, or for others to be analysed with. */
  #nextTurn: Timer | undefined;
  #waitingForParent = false;
  /** What a frame that is replaced now was lost to. */
  #heldBy: DropCause = 'replaced';

  constructor(parts: DispatcherParts, maxRate?: number) {
    this.#parts = parts;
    this.setRate(maxRate);
  }

  /** Most frames a second over all cameras; undefined: as many as come. */
  setRate(maxRate: number | undefined): void {
    this.#nextTurn?.cancel();
    this.#nextTurn = undefined;
    this.#pace = maxRate === undefined ? undefined : new Pace(maxRate);
  }

  offer(frame: Frame): void {
    const { scheduler, clock } = this.#parts;
    scheduler.offer(frame, clock.monotonicUs(), this.#heldBy);
    this.dispatch();
  }

  /** To be called whenever there may be time for another frame. */
  dispatch(): void {
    const { clock, scheduler, backlog, runs, analyse } = this.#parts;
    for (;;) {
      const underWay = runs();
      if (underWay === undefined) return;
      this.#heldBy = 'replaced';
      if (underWay >= MAX_RUNS) return;
      if (backlog() >= MAX_BACKLOG) {
        this.#heldBy = 'backlog';
        this.#waitForParent();
        return;
      }
      const nowUs = clock.monotonicUs();
      const paceMs = this.#pace?.waitMs(nowUs) ?? 0;
      if (paceMs > 0) {
        this.#heldBy = 'paced';
        if (scheduler.waiting > 0) this.#after(paceMs);
        return;
      }
      const frames = scheduler.take(nowUs, underWay > 0);
      if (frames.length === 0) {
        if (underWay === 0) this.#waitForOthers(nowUs);
        return;
      }
      for (const _frame of frames) this.#pace?.took(nowUs);
      analyse(frames);
    }
  }

  #waitForOthers(nowUs: number): void {
    const inUs = this.#parts.scheduler.ripeInUs(nowUs);
    if (inUs !== undefined) this.#after(Math.ceil(inUs / 1000));
  }

  #after(ms: number): void {
    this.#nextTurn ??= this.#parts.clock.after(ms, () => {
      this.#nextTurn = undefined;
      this.dispatch();
    });
  }

  #waitForParent(): void {
    if (this.#waitingForParent) return;
    this.#waitingForParent = true;
    void this.#parts.drained().then(() => {
      this.#waitingForParent = false;
      this.dispatch();
    });
  }
}
