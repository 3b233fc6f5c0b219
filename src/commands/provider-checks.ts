/** What `detectd doctor` tells of the providers of ONNX Runtime: what came of trying each on this very machine. */
import type { DeviceInfo } from '../core/device-info.js';
import type { ModelPlan } from '../core/worker-plan.js';
import { providerFingerprint } from '../engines/provider-fingerprint.js';
import { chooseProviders, type ProviderChoice, usableProviders } from '../inference/providers.js';
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

/** What a model with a setting gets here, as the daemon would decide by what is remembered; `memory` is loaded. */
export function providerChoice(
  device: DeviceInfo,
  memory: Pick<VerdictMemory, 'find'>,
): (setting: ModelPlan['provider']) => ProviderChoice {
  return (setting) =>
    chooseProviders(setting, device.onnxruntimeProviders, (provider) => {
      const known = memory.find(provider, providerFingerprint(provider, device));
      return known === undefined || isOpen(known) ? undefined : known.verdict;
    });
}

/** Models that do not get the provider that they are configured for; the daemon serves them with the next one down. */
export function steppedDownFindings(
  models: readonly Pick<ModelPlan, 'name' | 'provider'>[],
  choose: ReturnType<typeof providerChoice>,
): Finding[] {
  return models.flatMap(({ name, provider }) => {
    if (provider === 'auto') return [];
    const step = choose(provider).stepsDown.find((each) => each.provider === provider);
    if (step === undefined) return [];
    return fault(
      `provider of ${name}`,
      'warning',
      `${provider} is not used: ${step.reason}`,
      'It runs on the next best provider, and the device is degraded; set provider: auto or cpu if that will do.',
    );
  });
}
