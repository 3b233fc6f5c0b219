/** Frames per second as videos state it: exactly, as a fraction. */

export interface FrameRate {
  numerator: number;
  denominator: number;
}

/** Nobody films faster; containers with a clock instead of a rate state such numbers. */
const MOST_PER_SECOND = 1000;

/** From GStreamer's `30000/1001`; undefined for `0/1` (the rate varies) and everything else that is no rate. */
export function parseFrameRate(text: unknown): FrameRate | undefined {
  const match = typeof text === 'string' ? /^(\d{1,9})\/(\d{1,9})$/.exec(text) : null;
  if (match === null) return undefined;
  const rate = { numerator: Number(match[1]), denominator: Number(match[2]) };
  const perSecond = rate.numerator / rate.denominator;
  return perSecond > 0 && perSecond <= MOST_PER_SECOND ? rate : undefined;
}
