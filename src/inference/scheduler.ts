/**
 * Which frames are analysed next: one slot per camera, the newest frame wins, cameras take turns by weight. Nothing
 * queues up: a frame that is not taken in time is replaced and counted.
 *
 * Turns are start-time fair queueing: every turn costs a camera 1/weight, and the one that has had least goes next. Where
 * more frames come than can be analysed, those just captured go before those that have waited, since a newer one takes
 * their place soon: that keeps results young, while turns stay fair among all cameras.
 */
import { returnMemory } from '../base/memory-return.js';
import type { DropCause, Drops } from '../core/drops.js';
import type { Frame } from '../core/frame.js';

export interface SlotOptions {
  /** Of two cameras, one with twice the weight gets twice the frames when there is not time for all; 1 by default. */
  weight?: number;
  /** Its source waits for its turn: no frame of it is replaced, however long it waits. */
  lossless?: boolean;
  /** With which others its frames may be analysed at once; alone by default. */
  batch?: BatchRule;
}

export interface BatchRule {
  /** Cameras of one key go together. */
  key: string;
  most: number;
  /** How long a frame may wait for others, in microseconds; 0: only what is there goes together. */
  waitUs: number;
}

/** What a slot counts, in an object of its caller's: it may outlive the slot. */
export interface SlotCounters {
  captured: number;
  drops: Drops;
}

interface Slot {
  readonly camera: string;
  readonly counters: SlotCounters;
  readonly lossless: boolean;
  readonly batch: BatchRule | undefined;
  weight: number;
  frame: Frame | undefined;
  offeredUs: number;
  /** What it has had, in turns of weight 1: the least is next. */
  start: number;
  /** The same after the last turn that it took. */
  finish: number;
  /** Waiters of a lossless source, told when the slot is free. */
  free: (() => void) | undefined;
}

/** Cameras of one key. */
interface Group {
  members: number;
  waiting: number;
  oldestUs: number;
}

/** A frame is young for as long as so many turns take. */
const YOUNG_TURNS = 3;
/** A camera that is so many turns behind is taken however old its frame is. */
const MOST_BEHIND = 5;
/** What a camera may have missed and still be given, in its own turns: frames do not come at the moment of a turn. */
const MOST_CREDIT = 1;
/** Weight of the newest in the mean time of a turn. */
const SMOOTHING = 1 / 8;

export class Scheduler {
  /** Of two that have had the same, the first goes next: who was taken moves to the end. */
  readonly #slots = new Map<string, Slot>();
  /** Furthest start of a turn so far. */
  #now = 0;
  /** Mean time from one turn to the next while frames wait. */
  #turnUs = 0;
  #lastTurn = { atUs: 0, othersWaited: false };

  add(camera: string, counters: SlotCounters, options: SlotOptions = {}): void {
    const { weight = 1, lossless = false, batch } = options;
    const how = { camera, counters, weight, lossless, batch };
    const had = { start: this.#now, finish: this.#now };
    if (!this.#slots.has(camera))
      this.#slots.set(camera, { ...how, ...had, frame: undefined, offeredUs: 0, free: undefined });
  }

  /** A frame that waits there is dropped. */
  remove(camera: string): void {
    const slot = this.#slots.get(camera);
    if (slot === undefined) return;
    this.#slots.delete(camera);
    drop(slot, 'closed');
    slot.free?.();
  }

  /** Counts from its next turn on. */
  setWeight(camera: string, weight: number): void {
    const slot = this.#slots.get(camera);
    if (slot !== undefined) slot.weight = weight;
  }

  /** Puts a frame into its camera's slot; an older one that still waits there is dropped, for `cause`. */
  offer(frame: Frame, nowUs: number, cause: DropCause = 'replaced'): void {
    const slot = this.#slots.get(frame.camera);
    if (slot === undefined) return;
    slot.counters.captured += 1;
    if (slot.frame === undefined) slot.start = Math.max(slot.finish, this.#now - MOST_CREDIT / slot.weight);
    drop(slot, cause);
    slot.frame = frame;
    slot.offeredUs = nowUs;
  }

  /**
   * Takes the frame whose turn it is, and those that are to be analysed together with it; nothing while all that waits
   * waits for others, or nothing does. `busy`: something is being analysed, so that there is time to wait for others.
   */
  take(nowUs: number, busy = false): Frame[] {
    const groups = this.#groups();
    const first = this.#next(nowUs, (slot) => isRipe(slot, groups, nowUs, busy));
    if (first === undefined) return [];
    const frames = [this.#taken(first)];
    const { batch } = first;
    while (batch !== undefined && frames.length < batch.most) {
      const other = this.#next(nowUs, (slot) => slot.batch?.key === batch.key);
      if (other === undefined) break;
      frames.push(this.#taken(other));
    }
    this.#measure(nowUs);
    return frames;
  }

  /** Until a frame has waited for others as long as it may; undefined: none waits for others. */
  ripeInUs(nowUs: number): number | undefined {
    const groups = this.#groups();
    let soonest: number | undefined;
    for (const { frame, batch } of this.#slots.values()) {
      const group = batch === undefined ? undefined : groups.get(batch.key);
      if (frame === undefined || batch === undefined || group === undefined) continue;
      soonest = Math.min(soonest ?? Number.POSITIVE_INFINITY, group.oldestUs + batch.waitUs - nowUs);
    }
    return soonest === undefined ? undefined : Math.max(0, soonest);
  }

  /** Resolves when the camera's slot is free: how a source that must lose nothing waits for its turn. */
  whenFree(camera: string): Promise<void> {
    const slot = this.#slots.get(camera);
    if (slot?.frame === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const earlier = slot.free;
      slot.free = () => {
        earlier?.();
        resolve();
      };
    });
  }

  get waiting(): number {
    let count = 0;
    for (const slot of this.#slots.values()) if (slot.frame !== undefined) count += 1;
    return count;
  }

  /** Drops whatever waits. */
  clear(): void {
    for (const slot of this.#slots.values()) drop(slot, 'closed');
  }

  /** Young frames first, then who has had least. */
  #next(nowUs: number, fits: (slot: Slot) => boolean): Slot | undefined {
    let best: Slot | undefined;
    let bestIsYoung = false;
    for (const slot of this.#slots.values()) {
      if (slot.frame === undefined || !fits(slot)) continue;
      const young = this.#isYoung(slot, nowUs);
      if (best !== undefined && (young === bestIsYoung ? slot.start >= best.start : bestIsYoung)) continue;
      best = slot;
      bestIsYoung = young;
    }
    return best;
  }

  #isYoung({ lossless, offeredUs, start, weight }: Slot, nowUs: number): boolean {
    if (lossless || nowUs - offeredUs < YOUNG_TURNS * this.#turnUs) return true;
    return (this.#now - start) * weight >= MOST_BEHIND;
  }

  #taken(slot: Slot): Frame {
    const frame = slot.frame as Frame;
    slot.frame = undefined;
    slot.finish = slot.start + 1 / slot.weight;
    this.#now = Math.max(this.#now, slot.start);
    this.#slots.delete(slot.camera);
    this.#slots.set(slot.camera, slot);
    const free = slot.free;
    slot.free = undefined;
    free?.();
    return frame;
  }

  /** Only between turns that follow one another at once. */
  #measure(atUs: number): void {
    const { atUs: lastUs, othersWaited } = this.#lastTurn;
    if (othersWaited) this.#turnUs += SMOOTHING * (atUs - lastUs - this.#turnUs);
    this.#lastTurn = { atUs, othersWaited: this.waiting > 0 };
  }

  #groups(): Map<string, Group> {
    const groups = new Map<string, Group>();
    for (const { batch, frame, offeredUs } of this.#slots.values()) {
      if (batch === undefined) continue;
      const group = groups.get(batch.key) ?? { members: 0, waiting: 0, oldestUs: Number.POSITIVE_INFINITY };
      groups.set(batch.key, group);
      group.members += 1;
      if (frame === undefined) continue;
      group.waiting += 1;
      group.oldestUs = Math.min(group.oldestUs, offeredUs);
    }
    return groups;
  }
}

function isRipe({ batch }: Slot, groups: Map<string, Group>, nowUs: number, busy: boolean): boolean {
  const group = batch === undefined ? undefined : groups.get(batch.key);
  if (batch === undefined || group === undefined) return true;
  if (group.waiting >= Math.min(batch.most, group.members)) return true;
  return !busy && nowUs - group.oldestUs >= batch.waitUs;
}

function drop(slot: Slot, cause: DropCause): void {
  if (slot.frame === undefined) return;
  slot.counters.drops[cause] += 1;
  returnMemory([slot.frame.data.buffer]);
  slot.frame = undefined;
}
