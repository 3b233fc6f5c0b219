/**
 * Finds leaks in one series of memory samples (of a GPU, of a process, of what the machine has left): takes
 * samples as they come, judges windows of many lengths as they fill, and says in a word and numbers what it
 * sees. Pure of clocks and files; one instance per series, `reset()` when the process behind it is replaced.
 */
import type { GrowthLimits, NoLeak } from './growth-test.js';
import { inHours, inMegabytes, type LeakVerdict } from './leak-verdict.js';
import { type Finding, isDue, judgeDays, judgeWindow, LEAK_WINDOWS, SHORTEST_MS } from './leak-windows.js';
import { BIN_MS, type Grain, type MemorySample, MemorySeries } from './memory-series.js';
import { type SeriesShape, shapeOf } from './series-shape.js';

export interface LeakDetectorOptions extends Partial<GrowthLimits> {
  /** True of memory that is left (MemAvailable): it falls when something leaks. Default false. */
  falling?: boolean;
  /** What is ignored after the first sample: the process loads models then. Default 10 min. */
  warmUpMs?: number;
  /** All times are this many times shorter, for one who samples that much more often than every 10 s. Default 1. */
  haste?: number;
}

const DEFAULTS = { falling: false, haste: 1, warmUpMs: 600_000, minGrowthBytes: 22e6, dailySwingBytes: 64e6 };
/** A leak is called when the same window shows it this many times more often than not. */
const TIMES_SEEN = 3;
/** Memory that is given back down to this share of the growth ends a leak. */
const GIVEN_BACK = 0.25;
/** Movements below this share of the growth that matters are called steady. */
const SMALLEST = 0.125;
/** Where the shape of a healthy series is looked for: 33 min, 2.2 h, 8.8 h; the longest that is filled. */
const SHAPES: readonly { grain: Grain; step: number }[] = [
  { grain: 'coarse', step: 2 },
  { grain: 'fine', step: 4 },
  { grain: 'fine', step: 1 },
];
const SHAPE_BINS = 44;

const WHY: Record<NoLeak, string> = {
  flat: 'without a clear trend',
  small: 'too little yet to call it a leak',
  uncertain: 'not yet clearer than its noise',
  'troughs stay': 'its troughs stay where they are',
  settling: 'it is slowing down',
  jumps: 'in jumps, not steadily',
  'reached before': 'no higher than it was before',
};

export class LeakDetector {
  readonly #series = new MemorySeries();
  readonly #options: typeof DEFAULTS;
  /** The newest finding of each window; the days come last. */
  readonly #findings = new Map<number, Finding>();
  #leak: (Finding & { lowest: number }) | undefined;
  #settled = false;
  #verdict: LeakVerdict | undefined;

  constructor(options: LeakDetectorOptions = {}) {
    this.#options = { ...DEFAULTS, ...options };
  }

  /** Takes a sample, oldest first. What is no number is left out; a clock that steps back is put up with. */
  add({ atMs, bytes }: MemorySample): void {
    const { falling, haste } = this.#options;
    const coarse = this.#series.newest('coarse');
    const closed = this.#series.add({ atMs: atMs * haste, bytes: falling ? -bytes : bytes });
    if (closed || this.#series.newest('fine') < 0) this.#verdict = undefined;
    if (!closed) return;
    this.#judge('fine', LEAK_WINDOWS);
    if (this.#series.newest('coarse') > coarse) this.#judge('coarse', LEAK_WINDOWS);
    this.#endLeak();
  }

  /** The process behind the series was replaced: everything is forgotten, warm-up begins again. */
  reset(): void {
    this.#series.clear();
    this.#findings.clear();
    this.#leak = undefined;
    this.#settled = false;
    this.#verdict = undefined;
  }

  /** What is seen now. `limitBytes`: what the series must not reach (falling: not fall below). */
  verdict(limitBytes?: number): LeakVerdict {
    this.#verdict ??= this.#leak === undefined ? this.#healthy() : this.#leaking(this.#leak);
    if (this.#verdict.verdict !== 'leak' || limitBytes === undefined) return this.#verdict;
    const room = this.#options.falling ? this.#verdict.bytes - limitBytes : limitBytes - this.#verdict.bytes;
    const limitReachedInMs = Math.max(0, (room / this.#verdict.bytesPerHour) * 3_600_000);
    const reached = limitReachedInMs === 0 ? 'is reached' : `will be reached in ${inHours(limitReachedInMs)}`;
    const reason = `${this.#verdict.reason}; the limit of ${inMegabytes(limitBytes)} ${reached}`;
    return { ...this.#verdict, limitReachedInMs, reason };
  }

  #judge(grain: Grain, windows: typeof LEAK_WINDOWS): void {
    const end = this.#series.newest(grain);
    const { warmUpMs } = this.#options;
    windows.forEach((window, i) => {
      if (window.grain !== grain || !isDue(window, end)) return;
      this.#note(i, judgeWindow(this.#series, window, warmUpMs, this.#options));
    });
    if (grain === 'coarse' && (end + 1) % 8 === 0) {
      this.#note(windows.length, judgeDays(this.#series, warmUpMs, this.#options));
    }
  }

  #note(place: number, found: Omit<Finding, 'seen'> | undefined): void {
    if (found === undefined) {
      this.#findings.delete(place);
      return;
    }
    const { refused } = found.growth;
    const seen = this.#findings.get(place)?.seen ?? 0;
    const finding = { ...found, seen: refused === undefined ? seen + 1 : Math.max(0, seen - 1) };
    this.#findings.set(place, finding);
    if (refused === 'flat' || refused === 'small') this.#settled = true;
    if (refused !== undefined || finding.seen < TIMES_SEEN) return;
    const { bytes, end } = finding.growth;
    const lowest = end - bytes * (1 - GIVEN_BACK);
    if (this.#series.level() < lowest) return;
    // The window that saw it first begins nearest to its begin.
    const sinceHours = this.#leak?.sinceHours ?? finding.sinceHours;
    // The longest window that sees it knows its slope best.
    const longest = this.#leak !== undefined && this.#leak.spanMs > finding.spanMs ? this.#leak : finding;
    this.#leak = { ...longest, ageMs: finding.ageMs, sinceHours, lowest };
  }

  /** A leak is over when the memory came back, or when nothing saw it for as long as its window lasts. */
  #endLeak(): void {
    if (this.#leak === undefined) return;
    const unseen = this.#series.ageMs - this.#leak.ageMs;
    if (unseen > this.#leak.spanMs || this.#series.level() < this.#leak.lowest) this.#leak = undefined;
  }

  #leaking({ growth, spanMs, sinceHours }: Finding): LeakVerdict {
    const { falling, haste } = this.#options;
    const way = falling ? 'falls' : 'grows';
    const bytesPerHour = growth.slope * haste;
    return {
      verdict: 'leak',
      bytesPerHour,
      significance: growth.significance,
      since: this.#atMs(sinceHours),
      bytes: this.#bytes(),
      reason:
        `${way} by ${inMegabytes(bytesPerHour)} an hour: ${inMegabytes(growth.bytes)} within ` +
        `${inHours(spanMs / haste)}, ${chance(growth.significance)}, and has not stopped`,
    };
  }

  #healthy(): LeakVerdict {
    const { warmUpMs, minGrowthBytes, haste } = this.#options;
    const shape = this.#shape(minGrowthBytes * SMALLEST);
    const settling = [...this.#findings.values()].find(({ growth }) => growth.refused === 'settling');
    const base = { bytesPerHour: 0, significance: 1, since: this.#atMs(0), bytes: this.#bytes() };
    if (shape === undefined) {
      const [seen, needed] = [this.#series.ageMs, warmUpMs + SHORTEST_MS].map((ms) => inHours(ms / haste));
      const reason = `samples of ${seen} so far, ${needed} are needed`;
      return { ...base, verdict: 'warming up', reason };
    }
    const { word, slope, significance, hours, size } = shape;
    const seen = {
      bytesPerHour: slope * haste,
      significance,
      bytes: base.bytes,
      since: this.#atMs(shape.since),
    };
    if (!this.#settled && settling !== undefined) {
      const reason = `still settling: grows by ${inMegabytes(slope * haste)} an hour, less and less`;
      return { ...seen, verdict: 'warming up', reason };
    }
    const over = `within ${inHours((hours * 3_600_000) / haste)}`;
    const moved = inMegabytes(Math.abs(size));
    const direction = size > 0 === this.#options.falling ? 'down' : 'up';
    const reasons: Record<SeriesShape['word'], string> = {
      steady: `moves by no more than its noise ${over}`,
      step: `went ${direction} once by ${moved} and stayed`,
      'saw-tooth': `rose and fell back ${shape.teeth} times ${over}, by up to ${moved}`,
      rising: `${direction} by ${moved} ${over}: ${WHY[this.#refusal()]}`,
      shrinking: `${direction} by ${moved} ${over}`,
    };
    return { ...seen, verdict: word, reason: reasons[word] };
  }

  /** Why the longest window with growth of its own was not called a leak. */
  #refusal(): NoLeak {
    const reasons = [...this.#findings.entries()].sort(([a], [b]) => b - a);
    const telling = reasons.find(([, { growth }]) => growth.refused !== 'flat');
    return telling?.[1].growth.refused ?? 'uncertain';
  }

  #shape(smallest: number): (SeriesShape & { hours: number; since: number }) | undefined {
    let longest: (SeriesShape & { hours: number; since: number }) | undefined;
    for (const { grain, step } of SHAPES) {
      const end = this.#series.newest(grain);
      if ((end + 1 - step * SHAPE_BINS) * BIN_MS[grain] < this.#options.warmUpMs) continue;
      const { hours, bytes } = this.#series.stretch(grain, end, step, SHAPE_BINS);
      if (bytes.length < SHAPE_BINS / 2) continue;
      const shape = shapeOf(hours, bytes, smallest);
      const span = (hours.at(-1) as number) - (hours[0] as number);
      const named = { ...shape, hours: span, since: hours[shape.from] as number };
      if (shape.word === 'saw-tooth') return named;
      longest ??= named;
    }
    return longest;
  }

  #atMs(hours: number): number {
    return this.#series.atMs(hours) / this.#options.haste;
  }

  #bytes(): number {
    return this.#options.falling ? -this.#series.level() : this.#series.level();
  }
}

function chance(significance: number): string {
  return significance < 1e-4 ? 'by chance less than once in 10,000' : `chance ${significance.toPrecision(1)}`;
}
