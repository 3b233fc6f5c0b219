/**
 * A set of whole numbers kept as ranges: what comes in order costs two numbers, however much it is. Bounded: a set that
 * would be in more pieces than that says `full` and takes nothing further, so that nobody believes its answers.
 */
const MOST_PIECES = 20_000;

export class IntervalSet {
  /** First and last number of each piece, in order, never adjacent. */
  #first = [];
  #last = [];
  #most;
  full = false;

  constructor(most = MOST_PIECES) {
    this.#most = most;
  }

  /** How many numbers are in it. */
  get size() {
    let size = 0;
    for (let at = 0; at < this.#first.length; at += 1) size += this.#last[at] - this.#first[at] + 1;
    return size;
  }

  get least() {
    return this.#first[0];
  }

  get most() {
    return this.#last.at(-1);
  }

  has(number) {
    const at = this.#pieceFrom(number);
    return at < this.#first.length && this.#first[at] <= number;
  }

  /** Adds `first` to `last`, both included. */
  add(first, last = first) {
    // Most numbers follow the one before.
    const end = this.#last.length - 1;
    if (end >= 0 && this.#last[end] === first - 1) {
      this.#last[end] = last;
      return;
    }
    const from = this.#pieceFrom(first - 1);
    let to = from;
    while (to < this.#first.length && this.#first[to] <= last + 1) to += 1;
    if (from === to && this.#first.length >= this.#most) {
      this.full = true;
      return;
    }
    const merged =
      from === to ? [first, last] : [Math.min(first, this.#first[from]), Math.max(last, this.#last[to - 1])];
    this.#first.splice(from, to - from, merged[0]);
    this.#last.splice(from, to - from, merged[1]);
  }

  /** The ranges from `first` to `last` that are not in it. */
  missing(first, last) {
    const gaps = [];
    let next = first;
    for (let at = this.#pieceFrom(first); at < this.#first.length && next <= last; at += 1) {
      if (this.#first[at] > next) gaps.push([next, Math.min(this.#first[at] - 1, last)]);
      next = this.#last[at] + 1;
    }
    if (next <= last) gaps.push([next, last]);
    return gaps;
  }

  /** How many of `first` to `last` are in it. */
  within(first, last) {
    return last - first + 1 - lengthOf(this.missing(first, last));
  }

  ranges() {
    return this.#first.map((first, at) => [first, this.#last[at]]);
  }

  /** Index of the first piece that ends at `number` or later. */
  #pieceFrom(number) {
    let [low, high] = [0, this.#last.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#last[middle] < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** How many numbers a list of ranges holds. */
export function lengthOf(ranges) {
  return ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}
