/** The machine that this program runs on: the real file system, real programs, and what can go wrong with them. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../base/clock.js';
import { programOutput } from '../base/program-output.js';
import type { DeviceIdentity } from '../core/device-info.js';
import { type Compatibility, loadCompatibility } from './compatibility.js';
import { askGpuHelper } from './gpu-helper.js';
import { identify } from './identify.js';
import { MachineSampler, type SamplerOptions } from './machine-sampler.js';
import { singleAsker } from './single-asker.js';
import { SystemFiles } from './system-files.js';

/** nvidia-smi takes seconds on some boards. */
const PROGRAM_MS = 10_000;
const MAX_OUTPUT_BYTES = 256 * 1024;

/** Never rejects; takes tens of milliseconds, seconds where nvidia-smi is slow. */
export function identifyThisMachine(env: NodeJS.ProcessEnv): Promise<DeviceIdentity> {
  return identify({
    files: new SystemFiles(),
    ask: (program, args) =>
      programOutput(program, args, { timeoutMs: PROGRAM_MS, maxBytes: MAX_OUTPUT_BYTES, env }),
    env,
    architecture: process.arch,
    clock: systemClock,
    compatibility: table(),
    programFolder: dirname(fileURLToPath(import.meta.url)),
  });
}

/** @param device which GPU there is, as far as it is known when it is asked */
export function samplerOfThisMachine(
  env: NodeJS.ProcessEnv,
  device: SamplerOptions['device'],
): MachineSampler {
  return new MachineSampler({
    files: new SystemFiles(),
    ask: singleAsker({ timeoutMs: PROGRAM_MS, maxBytes: MAX_OUTPUT_BYTES, env }),
    askHelper: () => askGpuHelper(),
    clock: systemClock,
    device,
  });
}

function table(): Compatibility | undefined {
  try {
    return loadCompatibility();
  } catch {
    // `doctor` says so; a daemon has no need of it to run.
    return undefined;
  }
}
