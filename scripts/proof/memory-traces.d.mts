/** Types of memory-traces.mjs, for the tests that draw with it. */
import type { Prng } from '../../dist/scene/prng.js';

export type Part = (prng: Prng, stepHours: number) => (hour: number) => number;
export interface Trace {
  seed: number;
  hours: number;
  base?: number;
  add: Part[];
  everyMs?: number;
  quantum?: number;
  missing?: number;
  gaps?: number;
}
export const parts: Record<
  | 'white'
  | 'wandering'
  | 'warmUp'
  | 'logarithm'
  | 'teeth'
  | 'daily'
  | 'opening'
  | 'step'
  | 'arenas'
  | 'loads'
  | 'bursts'
  | 'leak'
  | 'stairs',
  (...numbers: number[]) => Part
>;
export function samplesOf(trace: Trace): Generator<{ atMs: number; bytes: number }>;
export const HEALTHY: Record<string, (prng: Prng) => Omit<Trace, 'seed' | 'hours'>>;
