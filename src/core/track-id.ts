/**
 * Names of objects that are followed: `<camera>-<boot id>-<number>`, never given twice, whatever restarts. Who needs a
 * number gets one out of them.
 */

export interface TrackNumbers {
  /** From 1, of all cameras since the daemon started. */
  number: number;
  /** 64 bits in decimal, as other programs have them: the upper half of this start, the lower half the number. */
  unique: string;
}

export function trackId(camera: string, bootId: string, number: number): string {
  return `${camera}-${bootId}-${number}`;
}

/** Undefined for a name of another form. */
export function trackNumbers(id: string): TrackNumbers | undefined {
  const second = id.lastIndexOf('-');
  const first = id.lastIndexOf('-', second - 1);
  const boot = id.slice(first + 1, second);
  const digits = id.slice(second + 1);
  if (first < 1 || !/^[0-9a-f]{8}$/.test(boot) || !/^[1-9][0-9]{0,9}$/.test(digits)) return undefined;
  const number = Number(digits);
  const unique = ((BigInt(`0x${boot}`) << 32n) | BigInt(number)).toString();
  return { number, unique };
}
