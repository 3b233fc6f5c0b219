/**
 * Load and clock of a Jetson's GPU from devfreq, which anybody may read. Thor's has a clock there, but no load. The clock's
 * cap is what the power mode, or heat, allows.
 */
import type { Clock } from '../base/clock.js';
import { readName, readNumber, SysfsScan } from './sysfs-scan.js';
import type { SystemFiles } from './system-files.js';

export interface GpuLoad {
  loadPercent: number | undefined;
  freqHz: number | undefined;
  capHz: number | undefined;
}

const FOLDER = '/sys/class/devfreq';
const MOST_DEVICES = 64;
/** Names of the GPU in the device tree, from Nano to Orin (after jtop). */
const NAMES = new Set(['gm20b', 'gp10b', 'gv11b', 'ga10b', 'gb10b', 'gpu']);
/** Thor has no such node; its clock of the graphics clusters is this. */
const THOR = 'gpu-gpc-0';
/** The same file by the name it had up to JetPack 5 (not confirmed on a board). */
const OLD_LOAD = '/sys/devices/gpu.0/load';

export class GpuLoadReader {
  readonly #files: SystemFiles;
  readonly #devices: SysfsScan<string>;

  constructor(files: SystemFiles, clock: Clock) {
    this.#files = files;
    this.#devices = new SysfsScan(() => findGpu(files), clock);
  }

  /** All undefined where there is no such GPU. Never rejects. */
  async read(): Promise<GpuLoad> {
    const [folder] = await this.#devices.found();
    if (folder === undefined) return { loadPercent: undefined, freqHz: undefined, capHz: undefined };
    const load =
      (await readNumber(this.#files, `${folder}/device/load`)) ?? (await readNumber(this.#files, OLD_LOAD));
    return {
      loadPercent: percent(load),
      freqHz: await readNumber(this.#files, `${folder}/cur_freq`),
      capHz: await readNumber(this.#files, `${folder}/max_freq`),
    };
  }
}

async function findGpu(files: SystemFiles): Promise<string[]> {
  const names = (await files.names(FOLDER)).slice(0, MOST_DEVICES);
  for (const name of names) {
    const node = (await readName(files, `${FOLDER}/${name}/device/of_node/name`)) ?? '';
    // Without a device tree, as in some containers, the device is named by address and node: 17000000.gpu.
    if (NAMES.has(node) || NAMES.has(/^[0-9a-f]+\.(\w+)$/.exec(name)?.[1] ?? ''))
      return [`${FOLDER}/${name}`];
  }
  return names.includes(THOR) ? [`${FOLDER}/${THOR}`] : [];
}

/** In thousandths. */
function percent(load: number | undefined): number | undefined {
  return load === undefined || load < 0 || load > 1000 ? undefined : load / 10;
}
