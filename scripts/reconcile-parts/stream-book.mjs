/**
 * What is known of one stream of one start of a device: which numbers came, which were announced as lost, where it begins
 * and where it ends. Contents are remembered as digests, of the newest numbers only.
 */
import { createHash } from 'node:crypto';
import { IntervalSet, lengthOf } from './interval-set.mjs';

/** Digests kept of each stream, for repeated numbers. */
const REMEMBERED = 5000;
const MOST_LOOSE = 20_000;

export class StreamBook {
  /** Whether it is promised to arrive, QoS 1. */
  stored = false;
  duplicated = 0;
  /** Repeated ones whose first content is no longer remembered. */
  unverified = 0;
  /** Numbers that came with two contents. */
  conflicts = [];
  conflictCount = 0;
  late = 0;
  outOfOrder = 0;
  #received = new IntervalSet();
  #lost = new IntervalSet();
  /** Ranges of which only some numbers are lost, by what they say; nobody knows which. */
  #loose = new Map();
  /** Of which the device knows that some are lost, and not how many. */
  #doubtful = new IntervalSet();
  /** From here on the device does not know what it had sent or stored: the power was cut. */
  #cutFrom = Infinity;
  #causes = new Map();
  #digests = new Map();
  /** Highest number of late ones: messages of now may overtake them, but they not each other. */
  #highestLate = -1;
  /** The first one heard: those below may have come before anybody listened. */
  #begin;
  /** Last number by the word of the device itself. */
  #end;

  /** It counts from 0 on. */
  fromStart() {
    this.#begin = 0;
  }

  endsWith(seq) {
    this.stored = true;
    this.#end = Math.max(this.#end ?? -1, seq);
  }

  has(seq) {
    return this.#received.has(seq);
  }

  take(seq, payload) {
    const { historical, ...content } = payload;
    const digest = createHash('sha1').update(JSON.stringify(content)).digest('latin1');
    if (this.#received.has(seq)) return this.#again(seq, digest);
    this.#begin ??= seq;
    if (historical === true) {
      this.late += 1;
      if (seq < this.#highestLate) this.outOfOrder += 1;
      else this.#highestLate = seq;
    }
    this.#received.add(seq);
    this.#digests.set(seq, digest);
    if (this.#digests.size > REMEMBERED) this.#digests.delete(this.#digests.keys().next().value);
  }

  /** `count` of the numbers from `first` to `last` will never come; null: some, nobody knows how many. */
  lose(first, last, cause, count = last - first + 1) {
    this.stored = true;
    if (count === null) {
      this.#doubtful.add(first, last);
      return;
    }
    this.#begin ??= first;
    if (count >= last - first + 1) {
      this.#tell(cause, last - first + 1 - this.#lost.within(first, last));
      this.#lost.add(first, last);
      return;
    }
    const key = `${first} ${last} ${cause} ${count}`;
    if (this.#loose.has(key)) return;
    if (this.#loose.size >= MOST_LOOSE) this.#lost.full = true;
    else this.#loose.set(key, { first, last, count });
    this.#tell(cause, count);
  }

  /** Numbers from `first` on may never come. */
  cutOff(first) {
    this.stored = true;
    this.#cutFrom = Math.min(this.#cutFrom, first);
  }

  get isCutOff() {
    return this.#cutFrom < Infinity;
  }

  #tell(cause, count) {
    this.#causes.set(cause, (this.#causes.get(cause) ?? 0) + count);
  }

  #again(seq, digest) {
    this.duplicated += 1;
    const before = this.#digests.get(seq);
    if (before === undefined) this.unverified += 1;
    else if (before !== digest) {
      this.conflictCount += 1;
      if (this.conflicts.length < 5) this.conflicts.push(seq);
    }
  }

  /** Takes as many numbers from the open ranges as each loose range says that there are. */
  #withoutLoose(open) {
    for (const { first, last, count } of this.#loose.values()) {
      let left = count;
      open = open.flatMap(([from, to]) => {
        const [start, end] = [Math.max(from, first), Math.min(to, last, Math.max(from, first) + left - 1)];
        if (end < start) return [[from, to]];
        left -= end - start + 1;
        return [
          [from, start - 1],
          [end + 1, to],
        ].filter(([one, other]) => one <= other);
      });
    }
    return open;
  }

  report() {
    const heard = Math.max(...[this.#received, this.#lost, this.#doubtful].map(({ most }) => most ?? -1));
    const last = Math.max(heard, this.#end ?? -1);
    const first = this.#begin ?? Infinity;
    const sent = last < first ? 0 : last - first + 1;
    const gaps = sent === 0 ? [] : this.#received.missing(first, last);
    const open = this.#withoutLoose(gaps.flatMap(([from, to]) => this.#lost.missing(from, to)));
    const left = open
      .filter(([from]) => from < this.#cutFrom)
      .flatMap(([from, to]) => this.#doubtful.missing(from, Math.min(to, this.#cutFrom - 1)));
    const missing = lengthOf(open);
    const received = sent - lengthOf(gaps);
    return {
      stored: this.stored,
      first: sent === 0 ? null : first,
      last: sent === 0 ? null : last,
      end_proven: this.#end !== undefined && this.#end >= heard,
      sent,
      received,
      duplicated: this.duplicated,
      duplicates_unverified: this.unverified,
      conflicts: this.conflictCount,
      conflicting_seqs: this.conflicts,
      late: this.late,
      out_of_order: this.outOfOrder,
      lost: lengthOf(gaps) - missing,
      lost_by_cause: Object.fromEntries(this.#causes),
      lost_but_received: this.#lost
        .ranges()
        .reduce((count, [from, to]) => count + this.#received.within(from, to), 0),
      excused: missing - lengthOf(left),
      unaccounted: lengthOf(left),
      ranges: left.slice(0, 10),
      too_scattered: [this.#received, this.#lost, this.#doubtful].some(({ full }) => full),
    };
  }
}
