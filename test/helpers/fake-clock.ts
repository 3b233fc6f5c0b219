/**
 * A Clock that stands still until a test advances it. Timers that fall due run in the order of their
 * due times, each seeing the time at which it fell due.
 */
import type { Clock, Timer } from '../../dist/base/clock.js';

interface Pending {
  id: number;
  dueUs: number;
  /** Set for timers that repeat. */
  everyUs: number | undefined;
  run: () => void;
}

export class FakeClock implements Clock {
  #nowUs: number;
  #wallMs: number;
  #nextId = 0;
  readonly #pending = new Map<number, Pending>();

  constructor(start: { monotonicUs?: number; wallMs?: number } = {}) {
    this.#nowUs = start.monotonicUs ?? 1_000_000;
    this.#wallMs = start.wallMs ?? Date.UTC(2026, 0, 2, 3, 4, 5);
  }

  monotonicUs(): number {
    return this.#nowUs;
  }

  wallMs(): number {
    return this.#wallMs;
  }

  after(ms: number, run: () => void): Timer {
    return this.#add(ms, undefined, run);
  }

  every(ms: number, run: () => void): Timer {
    return this.#add(ms, Math.max(1, ms * 1000), run);
  }

  /** How many timers wait: 0 after a clean close(). */
  get pending(): number {
    return this.#pending.size;
  }

  /** Milliseconds until the next timer is due; undefined when none waits. */
  get nextDueMs(): number | undefined {
    const next = this.#next();
    return next === undefined ? undefined : (next.dueUs - this.#nowUs) / 1000;
  }

  /** Moves time forward by `ms`, running every timer that falls due on the way. Synchronous. */
  advance(ms: number): void {
    const endUs = this.#nowUs + Math.round(ms * 1000);
    for (let next = this.#next(); next !== undefined && next.dueUs <= endUs; next = this.#next()) {
      this.#moveTo(next.dueUs);
      if (next.everyUs === undefined) this.#pending.delete(next.id);
      else next.dueUs += next.everyUs;
      next.run();
    }
    this.#moveTo(endUs);
  }

  /** As advance(), but lets promises settle after each timer and at the end. */
  async advanceAsync(ms: number): Promise<void> {
    await settle();
    const endUs = this.#nowUs + Math.round(ms * 1000);
    for (let next = this.#next(); next !== undefined && next.dueUs <= endUs; next = this.#next()) {
      this.advance((next.dueUs - this.#nowUs) / 1000);
      await settle();
    }
    this.advance((endUs - this.#nowUs) / 1000);
    await settle();
  }

  /** Makes the wall clock jump, as NTP does, without monotonic time passing. */
  jumpWall(ms: number): void {
    this.#wallMs += ms;
  }

  #add(ms: number, everyUs: number | undefined, run: () => void): Timer {
    const id = this.#nextId++;
    const dueUs = this.#nowUs + Math.max(0, Math.round(ms * 1000));
    this.#pending.set(id, { id, dueUs, everyUs, run });
    return { cancel: () => void this.#pending.delete(id) };
  }

  #next(): Pending | undefined {
    let first: Pending | undefined;
    for (const timer of this.#pending.values()) {
      if (first === undefined || timer.dueUs < first.dueUs) first = timer;
    }
    return first;
  }

  #moveTo(us: number): void {
    this.#wallMs += (us - this.#nowUs) / 1000;
    this.#nowUs = us;
  }
}

/** Lets every promise that can settle now do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
