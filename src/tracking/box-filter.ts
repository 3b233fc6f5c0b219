/**
 * Where a box is and where it is going: a Kalman filter of constant velocity over centre, aspect ratio and height, with
 * the weights of SORT, DeepSORT and ByteTrack. Time is real: their steps were frames at 30 a second, so a step here may
 * be any length, and uncertainty grows with it. The four values never mix, hence four filters of two states each.
 */
import type { Box } from '../core/detection.js';

/** Steps per second that the weights were made for. */
const RATE = 30;
const POSITION = 1 / 20;
const VELOCITY = 1 / 160;
/** Deviation of the aspect ratio: of motion, of its velocity, of a measurement. */
const ASPECT = { position: 1e-2, velocity: 1e-5, measured: 1e-1 };
/** Values in the order x, y, aspect, height; for each value, velocity and the three terms of their covariance. */
const FIELDS = 5;
const ASPECT_AT = 2;
const HEIGHT_AT = 3;
/** Farther ahead a constant velocity means nothing. */
const MAX_STEPS = 3 * RATE;
const LEAST_SIDE = 1e-3;

export class BoxFilter {
  readonly #state = new Float64Array(4 * FIELDS);

  constructor(box: Box) {
    const measured = measure(box);
    const height = measured[HEIGHT_AT] as number;
    for (let at = 0; at < 4; at += 1) {
      const aspect = at === ASPECT_AT;
      this.#state[at * FIELDS] = measured[at] as number;
      this.#state[at * FIELDS + 2] = (aspect ? ASPECT.position : 2 * POSITION * height) ** 2;
      this.#state[at * FIELDS + 4] = (aspect ? ASPECT.velocity : 10 * VELOCITY * height) ** 2;
    }
  }

  /** Moves on by `seconds`. `lost`: the object is not seen, so it is not believed to grow or shrink any more. */
  predict(seconds: number, lost: boolean): void {
    const state = this.#state;
    const steps = Math.min(MAX_STEPS, Math.max(0, seconds) * RATE);
    const height = state[HEIGHT_AT * FIELDS] as number;
    if (lost) state[HEIGHT_AT * FIELDS + 1] = 0;
    for (let at = 0; at < 4; at += 1) {
      const base = at * FIELDS;
      const aspect = at === ASPECT_AT;
      const velocity = state[base + 1] as number;
      const cross = state[base + 3] as number;
      const spread = state[base + 4] as number;
      const drift = (aspect ? ASPECT.position : POSITION * height) ** 2;
      const change = (aspect ? ASPECT.velocity : VELOCITY * height) ** 2;
      state[base] = (state[base] as number) + velocity * steps;
      state[base + 2] =
        (state[base + 2] as number) + 2 * steps * cross + steps * steps * spread + drift * steps;
      state[base + 3] = cross + steps * spread;
      state[base + 4] = spread + change * steps;
    }
    keepPositive(state);
  }

  /** Takes in where it was seen. */
  update(box: Box): void {
    const state = this.#state;
    const measured = measure(box);
    const height = state[HEIGHT_AT * FIELDS] as number;
    for (let at = 0; at < 4; at += 1) {
      const base = at * FIELDS;
      const noise = (at === ASPECT_AT ? ASPECT.measured : POSITION * height) ** 2;
      const variance = state[base + 2] as number;
      const cross = state[base + 3] as number;
      const total = variance + noise;
      const gain = variance / total;
      const velocityGain = cross / total;
      const surprise = (measured[at] as number) - (state[base] as number);
      state[base] = (state[base] as number) + gain * surprise;
      state[base + 1] = (state[base + 1] as number) + velocityGain * surprise;
      state[base + 2] = variance - gain * variance;
      state[base + 3] = cross - gain * cross;
      state[base + 4] = (state[base + 4] as number) - velocityGain * cross;
    }
    keepPositive(state);
  }

  /** Pixels, as it stands after the last step. */
  get box(): Box {
    const [x, y, aspect, height] = [0, 1, 2, 3].map((at) => this.#state[at * FIELDS] as number) as [
      number,
      number,
      number,
      number,
    ];
    const width = aspect * height;
    return { x1: x - width / 2, y1: y - height / 2, x2: x + width / 2, y2: y + height / 2 };
  }
}

function measure(box: Box): [number, number, number, number] {
  const width = Math.max(LEAST_SIDE, box.x2 - box.x1);
  const height = Math.max(LEAST_SIDE, box.y2 - box.y1);
  return [box.x1 + width / 2, box.y1 + height / 2, width / height, height];
}

/** A shrinking object does not turn inside out. */
function keepPositive(state: Float64Array): void {
  for (const at of [ASPECT_AT, HEIGHT_AT])
    if (!((state[at * FIELDS] as number) > LEAST_SIDE)) {
      state[at * FIELDS] = LEAST_SIDE;
      state[at * FIELDS + 1] = 0;
    }
}
