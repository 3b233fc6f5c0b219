/**
 * How much of its time work stands still for want of memory (the kernel's pressure stall information). It rises
 * before anything is killed. Kernels of JetPack are often built without it.
 */

export interface MemoryPressure {
  /** Percent of the last ten seconds in which some task waited for memory. */
  somePercent: number;
  /** The same, when all waited at once. */
  fullPercent: number | undefined;
}

/** /proc/pressure/memory, or memory.pressure of a control group; undefined for anything else. */
export function parseMemoryPressure(text: string): MemoryPressure | undefined {
  const some = average(text, 'some');
  return some === undefined ? undefined : { somePercent: some, fullPercent: average(text, 'full') };
}

function average(text: string, kind: 'some' | 'full'): number | undefined {
  const figure = new RegExp(`^${kind} avg10=(\\d{1,3}(?:\\.\\d{1,4})?) `, 'm').exec(text)?.[1];
  return figure === undefined ? undefined : Math.min(100, Number(figure));
}
