/** From a camera's zones and lines in the configuration to what its watcher needs. Pure. */
import { parseWeekTime } from '../core/week-schedule.js';
import type { CameraPlaces, Watch } from '../core/zone.js';
import type { CameraConfig } from './schema.js';
import type { LineConfig, ZoneConfig } from './zone-schema.js';

export function cameraPlaces({ zones, lines }: Pick<CameraConfig, 'zones' | 'lines'>): CameraPlaces {
  return {
    zones: Object.entries(zones).map(([name, zone]) => ({
      ...watch(name, zone),
      points: zone.points,
      enterS: zone.enter_s,
      leaveS: zone.leave_s,
      dwellS: zone.dwell_s,
      occupancy: zone.occupancy && {
        min: zone.occupancy.min,
        max: zone.occupancy.max ?? Number.POSITIVE_INFINITY,
      },
    })),
    lines: Object.entries(lines).map(([name, line]) => ({ ...watch(name, line), points: line.points })),
  };
}

function watch(
  name: string,
  { labels, anchor, min_area, max_area, schedule }: ZoneConfig | LineConfig,
): Watch {
  const times = schedule.map(parseWeekTime);
  return { name, labels, anchor, minArea: min_area, maxArea: max_area, times };
}
