/**
 * What a camera adds to a scene: a soft lens, changing light and sensor noise. All in place on packed
 * RGB, with tables made once, since it runs for every pixel of every frame.
 */
import type { Prng } from './prng.js';

export interface Light {
  /** Factor around mid-grey. */
  contrast: number;
  /** Grey levels added. */
  brightness: number;
}

const NOISE_LENGTH = 1 << 16;

/** Normally distributed noise of the given strength in grey levels; a power of two long. */
export function noiseTable(random: Prng, strength: number): Int8Array {
  const table = new Int8Array(NOISE_LENGTH);
  if (strength <= 0) return table;
  for (let i = 0; i < NOISE_LENGTH; i += 1) {
    const normal = random.next() + random.next() + random.next() + random.next() - 2;
    table[i] = Math.round(Math.max(-127, Math.min(127, normal * 1.732 * strength)));
  }
  return table;
}

/** `from` with light and noise into `to`; the noise starts anew at a random place in each row. */
export function exposeInto(
  to: Uint8ClampedArray,
  from: Uint8ClampedArray,
  rowBytes: number,
  light: Light,
  noise: Int8Array,
  random: Prng,
): void {
  const curve = new Int16Array(256);
  for (let i = 0; i < 256; i += 1) {
    curve[i] = Math.round((i - 128) * light.contrast + 128 + light.brightness);
  }
  const mask = noise.length - 1;
  for (let row = 0; row < from.length; row += rowBytes) {
    const start = random.index(noise.length);
    for (let i = 0; i < rowBytes; i += 1) {
      to[row + i] = (curve[from[row + i] as number] as number) + (noise[(start + i) & mask] as number);
    }
  }
}

/** Box blur over (2·radius + 1)² pixels, edges repeated. `scratch` is as long as `data`. */
export function blur(
  data: Uint8ClampedArray,
  scratch: Uint8ClampedArray,
  width: number,
  height: number,
  radius: number,
): void {
  if (radius < 1 || width <= radius || height <= radius) return;
  for (let y = 0; y < height; y += 1) blurLine(data, scratch, y * width * 3, 3, width, radius);
  const rowBytes = width * 3;
  const sums = new Int32Array(rowBytes);
  const scale = 1 / (2 * radius + 1);
  for (let k = -radius - 1; k < radius; k += 1) addRow(sums, scratch, rowBytes, Math.max(0, k), 1);
  for (let y = 0; y < height; y += 1) {
    addRow(sums, scratch, rowBytes, Math.min(height - 1, y + radius), 1);
    addRow(sums, scratch, rowBytes, Math.max(0, y - radius - 1), -1);
    const at = y * rowBytes;
    for (let i = 0; i < rowBytes; i += 1) data[at + i] = (sums[i] as number) * scale;
  }
}

function addRow(
  sums: Int32Array,
  from: Uint8ClampedArray,
  rowBytes: number,
  row: number,
  sign: number,
): void {
  const at = row * rowBytes;
  for (let i = 0; i < rowBytes; i += 1) sums[i] = (sums[i] as number) + sign * (from[at + i] as number);
}

function blurLine(
  from: Uint8ClampedArray,
  to: Uint8ClampedArray,
  start: number,
  step: number,
  count: number,
  radius: number,
): void {
  const scale = 1 / (2 * radius + 1);
  const last = count - 1;
  for (let c = 0; c < 3; c += 1) {
    const origin = start + c;
    let sum = 0;
    for (let k = -radius - 1; k < radius; k += 1) sum += from[origin + Math.max(0, k) * step] as number;
    for (let i = 0; i < count; i += 1) {
      const ahead = Math.min(i + radius, last);
      const behind = Math.max(i - radius - 1, 0);
      sum += (from[origin + ahead * step] as number) - (from[origin + behind * step] as number);
      to[origin + i * step] = sum * scale;
    }
  }
}
