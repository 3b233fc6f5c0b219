/**
 * float32 to float16 and back, as raw bits: JavaScript has no such type in the versions of Node that detectd runs on.
 */

/** From here on float32 rounds to infinity. */
const OVERFLOW = 65520;
/** Up to here float32 rounds to zero: half of the smallest number, which is a tie and goes to the even one. */
const UNDERFLOW = 2 ** -25;

/** Rounds to nearest, ties to even; finite numbers that are too large become the largest finite one. */
export function toHalves(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, half);
}

export function fromHalves(bits: Uint16Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(bits, (value) => {
    const sign = value & 0x8000 ? -1 : 1;
    const exponent = (value >> 10) & 0x1f;
    const mantissa = value & 0x3ff;
    if (exponent === 0) return sign * mantissa * 2 ** -24;
    if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
  });
}

/** Whether every finite number stays finite. */
export function fitHalves(values: Float32Array): boolean {
  return values.every((value) => !Number.isFinite(value) || Math.abs(value) < OVERFLOW);
}

export function vanishesAsHalf(value: number): boolean {
  return value !== 0 && Math.abs(value) <= UNDERFLOW;
}

function half(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude === 0x7f800000) return sign | 0x7c00;
  // As float32 bits, magnitudes compare like the numbers: 65520 and 2^-14.
  if (magnitude >= 0x477ff000) return sign | 0x7bff;
  if (magnitude < 0x38800000) return sign | subnormal(magnitude);
  // The exponent's bias goes from 127 to 15; a carry out of the mantissa raises the exponent, as it should.
  return sign | (roundShift(magnitude, 13) - (112 << 10));
}

/** A whole number of 2^-24. */
function subnormal(magnitude: number): number {
  const exponent = magnitude >>> 23;
  if (exponent < 102) return 0;
  return roundShift((magnitude & 0x7fffff) | 0x800000, 126 - exponent);
}

/** `value` / 2^`shift`, ties to even. */
function roundShift(value: number, shift: number): number {
  const whole = value >>> shift;
  const rest = value & (2 ** shift - 1);
  const tie = 2 ** (shift - 1);
  return rest > tie || (rest === tie && (whole & 1) === 1) ? whole + 1 : whole;
}
