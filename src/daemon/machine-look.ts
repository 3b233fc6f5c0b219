/** How the daemon looks at the machine: by a sampler that is loaded with the first look, since a start is to be quick. */
import type { DeviceInfo } from '../core/device-info.js';
import type { MachineSample, WatchedProcess } from '../device/machine-sample.js';
import type { MachineSampler } from '../device/machine-sampler.js';

export type LoadSampler = (device: () => DeviceInfo) => Promise<Pick<MachineSampler, 'sample'>>;

/** @param load undefined where nobody looks; the result then rejects */
export function machineLook(
  load: LoadSampler | undefined,
  device: () => DeviceInfo,
): (processes: readonly WatchedProcess[]) => Promise<MachineSample> {
  let sampler: ReturnType<LoadSampler> | undefined;
  return async (processes) => {
    sampler ??= load?.(device);
    if (sampler === undefined) throw new Error('there is nothing to look at the machine with');
    return (await sampler).sample(processes);
  };
}
