/** Types of quick-clock.mjs, for tests. */
import type { Clock } from '../../dist/base/clock.js';

export function quickClock(factor: number): Clock;
