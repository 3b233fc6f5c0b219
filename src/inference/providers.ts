/**
 * Which providers a model may use here, best first: those of the configured one and below that ONNX Runtime brings and
 * that have been tried and found good. One that is not tried yet is not used, nor is one that failed; the CPU's needs
 * no trial. Pure.
 */
import type { ProviderVerdict, StepDown } from '../core/provider-verdict.js';
import type { ProviderName } from '../core/worker-plan.js';

/** Best first. */
export const PROVIDERS: readonly ProviderName[] = ['tensorrt', 'cuda', 'cpu'];

export interface ProviderChoice {
  /** To be trusted, best first; the CPU is always the last. */
  providers: ProviderName[];
  /** Those that would be better or are wanted, and why they are not used. */
  stepsDown: StepDown[];
  /** To be tried before more can be said. */
  untried: ProviderName[];
}

/** Verdict on a provider; undefined where there is none yet. */
export type VerdictOf = (provider: ProviderName) => ProviderVerdict | undefined;

/** `brought`: as `DeviceInfo.onnxruntimeProviders` names them; undefined where that is not known (yet). */
export function chooseProviders(
  setting: ProviderName | 'auto',
  brought: string | undefined,
  verdictOf: VerdictOf,
): ProviderChoice {
  const choice: ProviderChoice = { providers: [], stepsDown: [], untried: [] };
  for (const provider of candidates(setting)) {
    const verdict = verdictOf(provider);
    if (provider === 'cpu') choice.providers.push(provider);
    else if (!brings(brought, provider)) {
      if (provider === setting && brought !== undefined)
        choice.stepsDown.push({ provider, reason: notBrought(provider, brought) });
    } else if (verdict === undefined) choice.untried.push(provider);
    else if (verdict.good) choice.providers.push(provider);
    else choice.stepsDown.push({ provider, reason: verdict.reason });
  }
  return choice;
}

/** The providers that ONNX Runtime brings and that a model with this setting would use if they are good. */
export function usableProviders(setting: ProviderName | 'auto', brought: string | undefined): ProviderName[] {
  return candidates(setting).filter((provider) => provider === 'cpu' || brings(brought, provider));
}

/** A configured provider steps down like any other: detection that goes on slowly is worth more than none. */
function candidates(setting: ProviderName | 'auto'): readonly ProviderName[] {
  return setting === 'auto' ? PROVIDERS : PROVIDERS.slice(PROVIDERS.indexOf(setting));
}

function brings(brought: string | undefined, provider: ProviderName): boolean {
  return brought?.split(', ').includes(provider) ?? false;
}

function notBrought(provider: ProviderName, brought: string): string {
  return `The onnxruntime-node that is installed brings ${brought} and not ${provider}.`;
}
