/** Types of cameras-faults.mjs, for its test. */
import type { FaultOutcome } from './camera-matrix.mjs';
export function faultTable(outcomes: Partial<FaultOutcome>[], load: number): string;
