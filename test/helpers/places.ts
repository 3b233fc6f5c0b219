/** Zones and lines as plans, for tests of what happens in them. */
import type { LinePlan, ZonePlan } from '../../dist/core/zone.js';

const WATCH = { labels: undefined, anchor: 'bottom', minArea: 0, maxArea: 1, times: [] } as const;

/** By default the right half of the picture, without delays. */
export function zonePlan(changes: Partial<ZonePlan> = {}): ZonePlan {
  return {
    ...{ name: 'bay', ...WATCH, enterS: 0, leaveS: 0, dwellS: undefined, occupancy: undefined },
    points: [
      [0.5, 0],
      [1, 0],
      [1, 1],
      [0.5, 1],
    ],
    ...changes,
  };
}

/** By default from the bottom to the top through the middle: who goes to the right goes in. */
export function linePlan(changes: Partial<LinePlan> = {}): LinePlan {
  return {
    ...{ name: 'door', ...WATCH },
    points: [
      [0.5, 1],
      [0.5, 0],
    ],
    ...changes,
  };
}
