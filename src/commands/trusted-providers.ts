/** Which providers are trusted on this machine, for commands: those that were never tried are tried while one waits. */
import { systemClock } from '../base/clock.js';
import type { CommandIo } from '../base/command-io.js';
import { DetectdError } from '../base/errors.js';
import { createLogger } from '../base/logger.js';
import type { DeviceInfo } from '../core/device-info.js';
import type { ModelPlan } from '../core/worker-plan.js';
import { providerFingerprint } from '../engines/provider-fingerprint.js';
import { childEnvironment } from '../health/sd-notify.js';
import { ProviderTrust } from '../inference/provider-trust.js';
import { VerdictMemory } from '../inference/verdict-memory.js';
import { providerTrial } from '../supervisor/provider-trial.js';

export interface TrustOptions {
  io: CommandIo;
  device: DeviceInfo;
  cacheFolder: string;
  settings: readonly ModelPlan['provider'][];
  /** Try even those of which it is known how they are. */
  again: boolean;
  signal: AbortSignal;
  /** A provider begins to be tried. */
  onTrial: (provider: string) => void;
}

/** Throws the signal's reason when it is aborted. */
export async function trustedProviders(options: TrustOptions): Promise<ProviderTrust> {
  const { io, device, cacheFolder, settings, again, signal, onTrial } = options;
  const clock = systemClock;
  const trust = new ProviderTrust({
    memory: new VerdictMemory(cacheFolder, clock),
    fingerprint: providerFingerprint,
    tryOut: (provider, ending) => {
      onTrial(provider);
      const module = new URL('../worker/probe-main.js', import.meta.url);
      return providerTrial(provider, { module, env: childEnvironment(io.env), clock, signal: ending });
    },
    clock,
    // What it finds is told by whoever asks.
    log: createLogger({ level: 'silent', pretty: false, fd: 2 }),
    onVerdict: () => {},
  });
  const end = (): void => void trust.close();
  signal.addEventListener('abort', end, { once: true });
  try {
    await trust.identified(device);
    if (again) await trust.forget(settings);
    trust.tryFor(settings);
    await trust.settled();
    signal.throwIfAborted();
    return trust;
  } finally {
    signal.removeEventListener('abort', end);
    await trust.close();
  }
}

/** Tries what this setting needs, so that a daemon knows it from its start. Throws PROVIDER_UNAVAILABLE for a named one that fails. */
export async function requireProvider(
  provider: ModelPlan['provider'],
  options: Omit<TrustOptions, 'settings' | 'again'>,
): Promise<void> {
  const trust = await trustedProviders({ ...options, settings: [provider], again: false });
  const step = trust.choose(provider).stepsDown.find((each) => each.provider === provider);
  if (step === undefined) return;
  throw new DetectdError(
    'PROVIDER_UNAVAILABLE',
    `The provider ${provider} cannot be used here: ${step.reason}`,
    'Take --provider auto or cpu; "detectd doctor" shows what is installed.',
  );
}
