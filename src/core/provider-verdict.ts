/** What came of trying a provider on this machine, and what a model does without because of it. */
import type { ProviderName } from './worker-plan.js';

export type ProviderVerdict =
  /** It computes what the CPU does; the trial took so long. */
  | { good: true; ms: number }
  /** `passing`: the reason may be gone another time, such as memory that ran out. */
  | { good: false; reason: string; passing: boolean };

/** A provider that is not used although it would be better. */
export interface StepDown {
  provider: ProviderName;
  /** One sentence. */
  reason: string;
}
