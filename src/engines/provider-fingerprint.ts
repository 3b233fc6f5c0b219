/** What a verdict on a provider holds for: the facts about the machine that matter to it, as one digest. Pure. */
import { DEVICE_FACTS, type DeviceInfo } from '../core/device-info.js';
import type { ProviderName } from '../core/worker-plan.js';
import { ENGINE_FACTS } from './engine-fact.js';
import { keyDigest } from './engine-key.js';

/** Raised when providers are tried in another way: all are then tried again. */
const TRIAL = 1;

/** 64 hexadecimal digits. */
export function providerFingerprint(provider: ProviderName, device: DeviceInfo): string {
  const facts = DEVICE_FACTS.filter((fact) => ENGINE_FACTS[fact].providers.includes(provider));
  return keyDigest([
    { name: 'trial', value: TRIAL },
    { name: 'provider', value: provider },
    // Another build of the same version brings others.
    { name: 'device onnxruntimeProviders', value: device.onnxruntimeProviders ?? null },
    ...facts.map((fact) => ({ name: `device ${fact}`, value: device[fact] ?? null })),
  ]);
}
