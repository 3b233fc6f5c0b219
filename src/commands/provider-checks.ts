/** What `detectd doctor` tells of the providers of ONNX Runtime: what came of trying each on this very machine. */
import type { DeviceInfo } from '../core/device-info.js';
import { providerFingerprint } from '../engines/provider-fingerprint.js';
import { usableProviders } from '../inference/providers.js';
import { isOpen, type VerdictMemory } from '../inference/verdict-memory.js';
import { type Finding, fault, passed } from './finding.js';

/** Of those that a model may use beside the CPU; none where ONNX Runtime brings none. */
export async function providerFindings(
  device: DeviceInfo,
  memory: Pick<VerdictMemory, 'load' | 'find'>,
): Promise<Finding[]> {
  await memory.load();
  return usableProviders('auto', device.onnxruntimeProviders)
    .filter((provider) => provider !== 'cpu')
    .map((provider) => {
      const check = `provider ${provider}`;
      const known = memory.find(provider, providerFingerprint(provider, device));
      if (known === undefined) return passed(check, 'not tried here yet; the daemon does when it serves');
      const { verdict, at } = known;
      if (verdict.good) return passed(check, `computes what the CPU does, tried ${at}`);
      const more = isOpen(known) ? '; it is tried again' : '';
      return fault(
        check,
        'warning',
        `not used: ${verdict.reason} Tried ${at}${more}.`,
        '"detectd engines build --again" tries it once more, and so does a change of its libraries or driver.',
      );
    });
}
