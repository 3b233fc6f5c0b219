/**
 * What a model does on one camera, over the last ten to twenty minutes: frames, detections and time per frame. Each frame
 * costs a few additions and the whole a few hundred bytes, since it is kept for every camera all the time.
 */

export interface WindowFacts {
  frames: number;
  detections: number;
  /** Detections per frame; 0 without frames. */
  perFrame: number;
  /** Median and 95th percentile of the time in the model, in ms, to a fifteenth; undefined without frames. */
  inferMs: number | undefined;
  inferMs95: number | undefined;
  /** Mean time between frames in ms; undefined before the second. */
  intervalMs: number | undefined;
}

interface Part {
  frames: number;
  detections: number;
  firstUs: number;
  lastUs: number;
  times: Uint32Array;
}

const PART_US = 600_000_000;
/** From 0.05 ms in steps of 15 %: the last begins at seven minutes. */
const BINS = 115;
const SHORTEST_MS = 0.05;
const STEP = Math.log(1.15);

export class FrameWindow {
  #parts: Part[] = [];

  add(atUs: number, detections: number, inferMs: number): void {
    let part = this.#parts.at(-1);
    if (part === undefined || atUs - part.firstUs >= PART_US) {
      part = { frames: 0, detections: 0, firstUs: atUs, lastUs: atUs, times: new Uint32Array(BINS) };
      this.#parts = [...this.#parts.slice(-1), part];
    }
    part.frames += 1;
    part.detections += detections;
    part.lastUs = Math.max(part.lastUs, atUs);
    const bin = binOf(inferMs);
    part.times[bin] = (part.times[bin] ?? 0) + 1;
  }

  facts(): WindowFacts {
    const frames = sum(this.#parts.map((part) => part.frames));
    const detections = sum(this.#parts.map((part) => part.detections));
    const spanUs = (this.#parts.at(-1)?.lastUs ?? 0) - (this.#parts[0]?.firstUs ?? 0);
    return {
      frames,
      detections,
      perFrame: frames === 0 ? 0 : detections / frames,
      inferMs: this.#quantile(0.5 * frames),
      inferMs95: this.#quantile(0.95 * frames),
      intervalMs: frames < 2 ? undefined : spanUs / 1000 / (frames - 1),
    };
  }

  #quantile(rank: number): number | undefined {
    let seen = 0;
    for (let bin = 0; bin < BINS; bin += 1) {
      seen += sum(this.#parts.map(({ times }) => times[bin] ?? 0));
      // The middle of the bin.
      if (seen > 0 && seen >= rank) return SHORTEST_MS * Math.exp(STEP * (bin + 0.5));
    }
    return undefined;
  }
}

function binOf(ms: number): number {
  const bin = Math.floor(Math.log(ms / SHORTEST_MS) / STEP);
  return Number.isNaN(bin) ? 0 : Math.min(BINS - 1, Math.max(0, bin));
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
