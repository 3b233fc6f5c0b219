/**
 * Which stored messages will never come, as ranges of numbers, until each was announced. It is bounded: where there are too
 * many ranges, neighbours become one that says how many of its numbers are lost. Pure.
 */
import type { LossCause, LostMessages } from '../../core/device-event.js';

export interface LostMessage {
  stream: string;
  bootId: string;
  seq: number;
}

const MAX_RANGES = 256;
/** Nobody configures as many streams; what goes beyond is counted in one range that names none. */
const MAX_GROUPS = 4096;

interface Range {
  id: number;
  loss: LostMessages;
}

export class LossBook {
  /** By stream, boot and cause; in each the newest last. */
  readonly #groups = new Map<string, Range[]>();
  /** Since they were written last. */
  readonly #dirty = new Set<number>();
  readonly #maxRanges: number;
  #nextId = 0;
  #size = 0;

  constructor(maxRanges = MAX_RANGES) {
    this.#maxRanges = maxRanges;
  }

  get size(): number {
    return this.#size;
  }

  add({ stream, bootId, seq }: LostMessage, cause: LossCause): void {
    this.#put({ stream, boot_id: bootId, from_seq: seq, to_seq: seq, cause, count: 1 });
  }

  /** Messages of which nobody knows which they were. @param count null where not even that is known */
  addUnknown(cause: LossCause, count: number | null): void {
    this.#put({ stream: null, boot_id: null, from_seq: null, to_seq: null, cause, count });
  }

  /** Some of these messages; nobody knows which. */
  addSome(range: Pick<LostMessages, 'stream' | 'boot_id' | 'from_seq' | 'to_seq'>, cause: LossCause): void {
    this.#put({ ...range, cause, count: null });
  }

  /** A range that an earlier run wrote; it has to be written again, under its new number. */
  restore(loss: LostMessages): void {
    this.#put(loss);
  }

  /** All ranges, with the number of each. */
  *entries(): Iterable<[number, LostMessages]> {
    for (const ranges of this.#groups.values()) for (const { id, loss } of ranges) yield [id, loss];
  }

  /** What changed since it was asked last; undefined: the range is no more. */
  takeChanges(): [number, LostMessages | undefined][] {
    if (this.#dirty.size === 0) return [];
    const now = new Map(this.entries());
    const changes = [...this.#dirty].map((id): [number, LostMessages | undefined] => [id, now.get(id)]);
    this.#dirty.clear();
    return changes;
  }

  /** Everything has to be written again: the store is another one. */
  markAll(): void {
    for (const [id] of this.entries()) this.#dirty.add(id);
  }

  /** Removes some ranges, which are announced now; whoever announces them removes them from the store, too. */
  take(max: number): [number, LostMessages][] {
    const taken = [...this.entries()].slice(0, max);
    for (const [id] of taken) this.#dirty.delete(id);
    const gone = new Set(taken.map(([id]) => id));
    for (const [key, ranges] of this.#groups) {
      const left = ranges.filter(({ id }) => !gone.has(id));
      if (left.length === 0) this.#groups.delete(key);
      else this.#groups.set(key, left);
    }
    this.#size -= taken.length;
    return taken;
  }

  #put(loss: LostMessages): void {
    const ranges = this.#groups.get(groupOf(loss)) ?? [];
    const touched = ranges.findLast((range) => joined(range.loss, loss) !== undefined);
    if (touched !== undefined) {
      touched.loss = joined(touched.loss, loss) ?? touched.loss;
      this.#dirty.add(touched.id);
      return;
    }
    if (loss.stream !== null && ranges.length === 0 && this.#groups.size >= MAX_GROUPS) {
      this.addUnknown(loss.cause, loss.count);
      return;
    }
    const id = this.#nextId++;
    this.#insert({ id, loss });
    this.#dirty.add(id);
    if (this.#size > this.#maxRanges) this.#thin();
  }

  #insert(range: Range): void {
    const key = groupOf(range.loss);
    const ranges = this.#groups.get(key);
    if (ranges === undefined) this.#groups.set(key, [range]);
    else ranges.push(range);
    this.#size += 1;
  }

  /** Makes one of the two oldest ranges of the group that has most. */
  #thin(): void {
    let most: Range[] = [];
    for (const ranges of this.#groups.values()) if (ranges.length > most.length) most = ranges;
    const [first, second] = most;
    if (first === undefined || second === undefined) return;
    first.loss = spanning(first.loss, second.loss);
    most.splice(1, 1);
    this.#size -= 1;
    this.#dirty.add(first.id).add(second.id);
  }
}

function groupOf({ stream, boot_id, cause }: LostMessages): string {
  return `${cause} ${boot_id} ${stream}`;
}

/** Two that touch, as one. */
function joined(a: LostMessages, b: LostMessages): LostMessages | undefined {
  if (a.from_seq === null || a.to_seq === null || b.from_seq === null || b.to_seq === null)
    return { ...a, count: a.count === null || b.count === null ? null : a.count + b.count };
  if (b.from_seq > a.to_seq + 1 || b.to_seq < a.from_seq - 1) return undefined;
  // One number is never given up twice.
  return spanning(a, b);
}

function spanning(a: LostMessages, b: LostMessages): LostMessages {
  return {
    ...a,
    from_seq: Math.min(a.from_seq ?? 0, b.from_seq ?? 0),
    to_seq: Math.max(a.to_seq ?? 0, b.to_seq ?? 0),
    count: a.count === null || b.count === null ? null : a.count + b.count,
  };
}
