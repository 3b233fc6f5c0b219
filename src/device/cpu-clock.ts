/**
 * The CPU's clock against what it is allowed and what it was made for: the cap is lowered by the power mode, by an
 * administrator or by heat. A low clock below a high cap only means that there is little to do.
 */
import type { Clock } from '../base/clock.js';
import { numberedFolders, readNumber, SysfsScan } from './sysfs-scan.js';
import type { SystemFiles } from './system-files.js';

export interface CpuClock {
  /** Of the fastest cluster at this moment. */
  freqHz: number | undefined;
  capHz: number | undefined;
  ratedHz: number | undefined;
}

interface Policy {
  folder: string;
  ratedHz: number | undefined;
}

const FOLDER = '/sys/devices/system/cpu/cpufreq';
/** A Jetson has one for each cluster of cores; on a server one in hundreds tells as much. */
const MOST_POLICIES = 3;

export class CpuClockReader {
  readonly #files: SystemFiles;
  readonly #policies: SysfsScan<Policy>;

  constructor(files: SystemFiles, clock: Clock) {
    this.#files = files;
    this.#policies = new SysfsScan(() => findPolicies(files), clock);
  }

  /** All undefined where the clock is not the kernel's to set, as in virtual machines. Never rejects. */
  async read(): Promise<CpuClock> {
    const most: CpuClock = { freqHz: undefined, capHz: undefined, ratedHz: undefined };
    for (const { folder, ratedHz } of await this.#policies.found()) {
      most.freqHz = larger(most.freqHz, await hertz(this.#files, `${folder}/scaling_cur_freq`));
      most.capHz = larger(most.capHz, await hertz(this.#files, `${folder}/scaling_max_freq`));
      most.ratedHz = larger(most.ratedHz, ratedHz);
    }
    return most;
  }
}

async function findPolicies(files: SystemFiles): Promise<Policy[]> {
  const policies: Policy[] = [];
  for (const folder of await numberedFolders(files, FOLDER, 'policy', MOST_POLICIES))
    policies.push({ folder, ratedHz: await hertz(files, `${folder}/cpuinfo_max_freq`) });
  return policies;
}

/** The kernel counts in kHz. */
async function hertz(files: SystemFiles, path: string): Promise<number | undefined> {
  const kilohertz = await readNumber(files, path);
  return kilohertz === undefined || kilohertz <= 0 ? undefined : kilohertz * 1000;
}

function larger(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}
