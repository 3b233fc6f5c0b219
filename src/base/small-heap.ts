/**
 * Keeps V8's heap near what is alive in it. Left alone it lets garbage grow by tens of megabytes before it looks, in the
 * young generation and in the old one, and compiles what has run ten times. keepHeapSmall() must be called before the code that allocates is loaded. Options of
 * the command line would do the same, but a program can be started in more than one way.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock, Timer } from './clock.js';

const FLAGS: readonly string[] = [
  '--max-semi-space-size=1',
  '--semi-space-growth-factor=1',
  // The old generation is collected when it has grown by so much since the last time, or by V8's least step.
  '--heap-growing-percent=5',
  '--optimize-for-size',
  // What runs once per fault or per minute would else be profiled and compiled function by function, for hours: megabytes
  // for code that takes no time. What runs with each frame has its thousand calls within minutes.
  '--no-sparkplug',
  '--interrupt-budget-for-feedback-allocation=100000',
  '--interrupt-budget-factor-for-feedback-allocation=1000',
];

/** A collection of some 20 MB takes some 30 ms: of two minutes a fortieth of a percent. */
const COLLECT_MS = 120_000;

export function keepHeapSmall(): void {
  for (const flag of FLAGS) setFlagsFromString(flag);
}

/**
 * Collects all garbage every few minutes: a process that does little would else let it lie for hours, and look as if it
 * leaked. Until the timer is cancelled.
 */
export function collectRegularly(clock: Clock, collect: () => void = collector()): Timer {
  return clock.every(COLLECT_MS, collect, { background: true });
}

function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
