/** What `detectd bench` and the process that runs bare inference loops say to each other. */
import type { ErrorData } from '../base/errors.js';
import type { ModelPlan } from '../core/worker-plan.js';

/** `prepared` is the graph that detectd runs, `exported` the file as it comes from the bundle. */
export type BareGraph = 'prepared' | 'exported';

export type ToBare =
  | { type: 'open'; model: ModelPlan; scratchFolder: string }
  /** Run the session alone, over and over, for about this long. */
  | { type: 'loop'; graph: BareGraph; seconds: number };

export type FromBare =
  | { type: 'opened' }
  | { type: 'looped'; graph: BareGraph; runs: number; seconds: number }
  | { type: 'fatal'; error: ErrorData };

export const TO_BARE_TYPES: ReadonlySet<string> = new Set<ToBare['type']>(['open', 'loop']);
export const FROM_BARE_TYPES: ReadonlySet<string> = new Set<FromBare['type']>(['opened', 'looped', 'fatal']);
