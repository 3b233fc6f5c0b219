/**
 * Temperatures of the kernel's thermal zones, with those at which it acts. A Jetson's zones of parts that are switched off
 * answer −256 °C or not at all, and the zone of its power chip is always at 100: neither is a temperature.
 */
import type { Clock } from '../base/clock.js';
import { numberedFolders, readName, readNumber, SysfsScan } from './sysfs-scan.js';
import type { SystemFiles } from './system-files.js';

export interface Temperature {
  /** As the kernel names the zone: `gpu-thermal`, `x86_pkg_temp`. */
  name: string;
  tempC: number;
  /** From here on clocks are held down; undefined where the zone does not say. */
  passiveC: number | undefined;
  /** Here the machine switches itself off. */
  criticalC: number | undefined;
}

interface Zone {
  folder: string;
  name: string;
  passiveC: number | undefined;
  criticalC: number | undefined;
}

const FOLDER = '/sys/class/thermal';
const MOST_TRIPS = 12;
/** No chip works outside of it. */
const COLDEST_C = -80;
const HOTTEST_C = 200;

export class ThermalZones {
  readonly #files: SystemFiles;
  readonly #zones: SysfsScan<Zone>;

  constructor(files: SystemFiles, clock: Clock) {
    this.#files = files;
    this.#zones = new SysfsScan(() => findZones(files), clock);
  }

  /** Empty where nothing has a sensor. Never rejects. */
  async read(): Promise<Temperature[]> {
    const temperatures: Temperature[] = [];
    for (const { folder, ...zone } of await this.#zones.found()) {
      const tempC = celsius(await readNumber(this.#files, `${folder}/temp`));
      if (tempC !== undefined) temperatures.push({ ...zone, tempC });
    }
    return temperatures;
  }
}

async function findZones(files: SystemFiles): Promise<Zone[]> {
  const zones: Zone[] = [];
  for (const folder of await numberedFolders(files, FOLDER, 'thermal_zone')) {
    const name = await readName(files, `${folder}/type`);
    if (name === undefined || /pmic/i.test(name)) continue;
    zones.push({ folder, name, ...(await findTrips(files, folder)) });
  }
  return zones;
}

async function findTrips(files: SystemFiles, folder: string): Promise<Pick<Zone, 'passiveC' | 'criticalC'>> {
  const lowest: Record<string, number> = {};
  for (let index = 0; index < MOST_TRIPS; index += 1) {
    const kind = await readName(files, `${folder}/trip_point_${index}_type`);
    if (kind === undefined) break;
    const tempC = celsius(await readNumber(files, `${folder}/trip_point_${index}_temp`));
    // 0 and less is how a trip is switched off.
    if (tempC !== undefined && tempC > 0) lowest[kind] = Math.min(lowest[kind] ?? HOTTEST_C, tempC);
  }
  return { passiveC: lowest['passive'], criticalC: lowest['critical'] };
}

/** From thousandths; undefined for what no sensor can have measured. */
export function celsius(milli: number | undefined): number | undefined {
  if (milli === undefined) return undefined;
  const tempC = milli / 1000;
  return tempC > COLDEST_C && tempC < HOTTEST_C ? tempC : undefined;
}
