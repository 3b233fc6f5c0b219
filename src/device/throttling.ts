/**
 * Whether something holds clocks down at this moment: heat, by the kernel's cooling devices, and supply, by counters of
 * events that rise. On a Jetson they are `cpu-throttle-alert` and its like, and soctherm_oc: on Orin 1 is undervoltage, 2
 * the average and 3 the momentary current; other boards may number them otherwise. Intel's processors count heat alone.
 */
import type { Clock } from '../base/clock.js';
import { numberedFolders, readName, readNumber, SysfsScan } from './sysfs-scan.js';
import type { SystemFiles } from './system-files.js';

export interface Throttling {
  /** What holds clocks down, by the kernel's names; empty when nothing does; undefined where nothing can tell. */
  active: string[] | undefined;
  /** Counted since boot: `oc1`, `oc2`, `oc3`, `package`. */
  events: Record<string, number>;
}

/** One file that tells: a state that is 0 while all is well, or a counter that stands still. */
interface Sign {
  kind: 'state' | 'counter';
  name: string;
  path: string;
}

/**
 * Alerts of Jetsons, and limits on clocks; fans are cooling devices too, and no harm. `Processor` is ACPI's. Thor's GPU
 * is `devfreq-gpu-gpc-0`.
 */
const HOLDS_DOWN = /-throttle-alert$|^hot-surface-alert$|^(thermal-)?(cpufreq|devfreq)-|^Processor$/;
const OC_NAME = 'soctherm_oc';
const OC_COUNTERS = ['oc1', 'oc2', 'oc3'];
const INTEL = '/sys/devices/system/cpu/cpu0/thermal_throttle';

export class ThrottlingReader {
  readonly #files: SystemFiles;
  readonly #signs: SysfsScan<Sign>;
  #before: Record<string, number> = {};

  constructor(files: SystemFiles, clock: Clock) {
    this.#files = files;
    this.#signs = new SysfsScan(() => findSigns(files), clock);
  }

  /** A counter counts as active when it rose since the call before. Never rejects. */
  async read(): Promise<Throttling> {
    const states: string[] = [];
    const events: Record<string, number> = {};
    let known = false;
    for (const { kind, name, path } of await this.#signs.found()) {
      const value = await readNumber(this.#files, path);
      if (value === undefined || value < 0) continue;
      known = true;
      if (kind === 'counter') events[name] = value;
      else if (value > 0) states.push(name);
    }
    const active = [...new Set(states), ...risen(this.#before, events)];
    this.#before = events;
    return { active: known ? active : undefined, events };
  }
}

/** Names of the counters that rose, with by how much: `oc3 (12 events)`. One that is new, or began anew, did not. */
export function risen(before: Record<string, number>, now: Record<string, number>): string[] {
  return Object.entries(now)
    .map(([name, count]) => ({ name, more: count - (before[name] ?? count) }))
    .filter(({ more }) => more > 0)
    .map(({ name, more }) => `${name} (${more} event${more === 1 ? '' : 's'})`);
}

async function findSigns(files: SystemFiles): Promise<Sign[]> {
  const signs: Sign[] = [];
  for (const folder of await numberedFolders(files, '/sys/class/thermal', 'cooling_device')) {
    const name = await readName(files, `${folder}/type`);
    if (name !== undefined && HOLDS_DOWN.test(name))
      signs.push({ kind: 'state', name, path: `${folder}/cur_state` });
  }
  for (const folder of await numberedFolders(files, '/sys/class/hwmon', 'hwmon'))
    if ((await readName(files, `${folder}/name`)) === OC_NAME)
      for (const name of OC_COUNTERS)
        signs.push({ kind: 'counter', name, path: `${folder}/${name}_event_cnt` });
  if (await files.exists(INTEL))
    signs.push({ kind: 'counter', name: 'package', path: `${INTEL}/package_throttle_count` });
  return signs;
}
