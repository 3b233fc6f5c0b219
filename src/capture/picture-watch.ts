/**
 * Whether the pictures of a camera show anything: the same one again and again is a frozen camera, one without contrast a
 * black or covered one. It looks at some thousand points, and only now and then at all of them: whoever pays for it is
 * every frame.
 */
import type { CameraState } from '../core/camera-state.js';

/** What pictures show, as the state of their camera. */
export type Sight = Extract<CameraState, 'online' | 'frozen' | 'black'>;

export interface PictureWatchOptions {
  /** So long nothing has changed in a frozen picture; undefined: nobody asks. */
  frozenAfterMs: number | undefined;
  /** So long there was no contrast in a black one; undefined: nobody asks. */
  blackAfterMs: number | undefined;
  /** Bytes per pixel. */
  channels: number;
}

/** At least so many pictures have been the same. */
const FROZEN_PICTURES = 3;
/** Points that are looked at. */
const POINTS = 4096;
/** All points are taken at most this often. */
const TAKE_US = 200_000;
/** Part of the height, at the top and at the bottom, that does not count for contrast: there cameras write the time. */
const MARGIN = 0.12;
/** Standard deviation in grey levels, below which a picture is black and above which it is no more. */
const BLACK_BELOW = 4;
const BLACK_UNTIL = 6;

export class PictureWatch {
  readonly #options: PictureWatchOptions;
  readonly #points = new Uint8Array(POINTS);
  readonly #histogram = new Uint16Array(256);
  /** Of the pictures in #points; 0 before the first. */
  #width = 0;
  #height = 0;
  /** Bytes from one point to the next. */
  #stride = 0;
  #count = 0;
  /** When the points were taken. They are out of date when a picture since was another one. */
  #takenUs = 0;
  #outdated = true;
  /** Pictures that were like these points. */
  #alike = 0;
  #blackSinceUs: number | undefined;

  constructor(options: PictureWatchOptions) {
    this.#options = options;
  }

  /** What this picture shows, after those before. `data` has tightly packed rows. */
  look({ data, width, height }: { data: Uint8Array; width: number; height: number }, nowUs: number): Sight {
    if (width !== this.#width || height !== this.#height) this.#measure(width, height);
    if (!this.#outdated && this.#isAlike(data)) {
      this.#alike += 1;
    } else {
      this.#outdated = true;
      if (this.#alike === 0 || nowUs - this.#takenUs >= TAKE_US) this.#take(data, nowUs);
    }
    if (this.#isBlack(nowUs)) return 'black';
    return this.#isFrozen(nowUs) ? 'frozen' : 'online';
  }

  /** What comes is not compared with what was. */
  reset(): void {
    this.#width = 0;
  }

  #isBlack(nowUs: number): boolean {
    const { blackAfterMs } = this.#options;
    if (blackAfterMs === undefined || this.#blackSinceUs === undefined) return false;
    return nowUs - this.#blackSinceUs >= blackAfterMs * 1000;
  }

  #isFrozen(nowUs: number): boolean {
    const { frozenAfterMs } = this.#options;
    if (frozenAfterMs === undefined || this.#outdated || this.#alike < FROZEN_PICTURES) return false;
    return nowUs - this.#takenUs >= frozenAfterMs * 1000;
  }

  #measure(width: number, height: number): void {
    const { channels } = this.#options;
    this.#width = width;
    this.#height = height;
    let stride = Math.max(1, Math.floor((width * height) / POINTS));
    // One that shares no divisor with the width meets other columns in each row.
    while (stride > 1 && greatestCommonDivisor(stride, width) > 1) stride += 1;
    this.#stride = stride * channels;
    this.#count = Math.min(POINTS, Math.floor((width * height) / stride));
    this.#outdated = true;
    this.#alike = 0;
    this.#blackSinceUs = undefined;
  }

  /** Green is most of what brightness is made of. */
  #isAlike(data: Uint8Array): boolean {
    const points = this.#points;
    for (let index = 0, at = 1; index < this.#count; index += 1, at += this.#stride) {
      if (points[index] !== data[at]) return false;
    }
    return true;
  }

  #take(data: Uint8Array, nowUs: number): void {
    const [points, histogram] = [this.#points, this.#histogram];
    histogram.fill(0);
    const first = Math.ceil(this.#count * MARGIN);
    const last = this.#count - first;
    for (let index = 0, at = 1; index < this.#count; index += 1, at += this.#stride) {
      const level = data[at] as number;
      points[index] = level;
      if (index >= first && index < last) histogram[level] = (histogram[level] as number) + 1;
    }
    this.#takenUs = nowUs;
    this.#outdated = false;
    this.#alike = 1;
    const limit = this.#blackSinceUs === undefined ? BLACK_BELOW : BLACK_UNTIL;
    if (contrast(histogram) >= limit) this.#blackSinceUs = undefined;
    else this.#blackSinceUs ??= nowUs;
  }
}

/** Standard deviation of the levels. A lamp in a dark yard is contrast. */
function contrast(histogram: Uint16Array): number {
  let [count, sum, squares] = [0, 0, 0];
  for (let level = 0; level < histogram.length; level += 1) {
    const here = histogram[level] as number;
    count += here;
    sum += here * level;
    squares += here * level * level;
  }
  return count === 0 ? 0 : Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
