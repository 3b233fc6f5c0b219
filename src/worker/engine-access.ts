/** Where a process that runs models finds their engines, and the memory of those that took one with them. */
import { systemClock } from '../base/clock.js';
import type { DeviceInfo } from '../core/device-info.js';
import { EngineCache } from '../engines/engine-cache.js';
import { forgetRefusal, noteRefusal, readRefusals } from '../engines/engine-refusals.js';
import type { EngineAccess } from './open-model.js';

/** Stands in the memory of refusals while an engine is loaded and run for the first time. */
const DIED = {
  code: 'WORKER_CRASHED',
  reason: 'The worker died or failed when it loaded this engine or ran it for the first time.',
  hint: 'Set another provider or precision.',
  final: false,
};

/** @param folder of the cache; @param device what engines must have been built for */
export async function engineAccess(
  folder: string,
  maxBytes: number,
  device: DeviceInfo,
): Promise<EngineAccess> {
  return {
    cache: new EngineCache({ folder, maxBytes }),
    refusals: await readRefusals(folder),
    device,
    watch: {
      begun: (key) => noteRefusal(folder, key, DIED, systemClock).catch(() => {}),
      survived: (key) => forgetRefusal(folder, key).catch(() => {}),
    },
  };
}
