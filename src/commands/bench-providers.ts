/**
 * Which providers `detectd bench` can measure. Each is tried first, as the daemon does, and what came of it is left in
 * the cache folder: a daemon that had to try for itself would run on the CPU meanwhile.
 */
import { DetectdError } from '../base/errors.js';
import type { DeviceInfo } from '../core/device-info.js';
import type { ProviderVerdict } from '../core/provider-verdict.js';
import type { ProviderName } from '../core/worker-plan.js';
import { providerFingerprint } from '../engines/provider-fingerprint.js';
import { usableProviders } from '../inference/providers.js';
import { isOpen, type VerdictMemory } from '../inference/verdict-memory.js';

export interface ProviderTrialOptions {
  device: DeviceInfo;
  memory: Pick<VerdictMemory, 'load' | 'find' | 'remember'>;
  /** Tries one in a process of its own; rejects only with the reason of the signal. */
  tryOut: (provider: ProviderName) => Promise<ProviderVerdict>;
}

/** A provider, and why it cannot be measured here; undefined where it can. */
export type TriedProvider = [provider: ProviderName, problem: DetectdError | undefined];

/** In the order of `wanted`; without it all that onnxruntime-node brings, best first. Throws what `tryOut` throws. */
export async function triedProviders(
  wanted: readonly ProviderName[] | undefined,
  options: ProviderTrialOptions,
): Promise<TriedProvider[]> {
  const brought = usableProviders('auto', options.device.onnxruntimeProviders);
  await options.memory.load();
  const tried: TriedProvider[] = [];
  for (const provider of wanted ?? brought) {
    const known = brought.includes(provider);
    tried.push([provider, known ? await trial(provider, options) : notBrought(provider, brought)]);
  }
  return tried;
}

async function trial(
  provider: ProviderName,
  { device, memory, tryOut }: ProviderTrialOptions,
): Promise<DetectdError | undefined> {
  if (provider === 'cpu') return undefined;
  const fingerprint = providerFingerprint(provider, device);
  const before = memory.find(provider, fingerprint);
  let verdict = before?.verdict;
  if (before === undefined || isOpen(before)) {
    verdict = await tryOut(provider);
    // It is only a help for the daemon.
    await memory.remember(provider, fingerprint, verdict).catch(() => undefined);
  }
  if (verdict === undefined || verdict.good) return undefined;
  return new DetectdError(
    'PROVIDER_UNAVAILABLE',
    `The provider ${provider} does not work here: ${verdict.reason}`,
    '"detectd doctor" shows what is installed, and what does not fit.',
  );
}

function notBrought(provider: ProviderName, brought: readonly ProviderName[]): DetectdError {
  return new DetectdError(
    'PROVIDER_UNAVAILABLE',
    `The onnxruntime-node that is installed has no provider ${provider}; it has ${brought.join(', ')}.`,
    'Install one that was built with it ("detectd doctor" says how).',
  );
}
