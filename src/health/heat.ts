/** Whether the machine is too hot: a sensor above what is allowed, or above where the kernel begins to hold clocks down. */
export interface Sensor {
  name: string;
  tempC: number;
  /** From here on the kernel holds clocks down. */
  passiveC: number | undefined;
  /** Here the machine switches itself off. */
  criticalC: number | undefined;
}

export interface Heat {
  /** `between` keeps things as they are. */
  state: 'hot' | 'between' | 'cool';
  /** About the hottest, in relation to its limit; empty when cool. */
  reason: string;
}

/** It has cooled down when it is this far below. */
const HYSTERESIS_C = 5;
/** Where the kernel does not say from where on it acts. */
const BELOW_CRITICAL_C = 8;

/** @param maxTempC for every sensor; undefined: each has its own */
export function heatOf(sensors: readonly Sensor[], maxTempC: number | undefined): Heat {
  let worst: { name: string; tempC: number; limitC: number } | undefined;
  for (const { name, tempC, passiveC, criticalC } of sensors) {
    const limitC =
      maxTempC ?? passiveC ?? (criticalC === undefined ? undefined : criticalC - BELOW_CRITICAL_C);
    if (limitC === undefined) continue;
    if (worst === undefined || tempC - limitC > worst.tempC - worst.limitC) worst = { name, tempC, limitC };
  }
  if (worst === undefined) return { state: 'cool', reason: '' };
  const { name, tempC, limitC } = worst;
  const reason = `${name} is at ${tempC.toFixed(1)} °C, the limit is ${limitC.toFixed(1)} °C`;
  if (tempC >= limitC) return { state: 'hot', reason };
  return tempC > limitC - HYSTERESIS_C ? { state: 'between', reason } : { state: 'cool', reason: '' };
}
