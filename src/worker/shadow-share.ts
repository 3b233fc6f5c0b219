/** Which frames a new version analyses beside the one that serves: an even share, less what there is no time for. */
import type { ShadowPlan } from '../core/worker-plan.js';

export class ShadowShare {
  readonly #plan: ShadowPlan;
  /** Frames that are due; not saved up while there was no time. */
  #due = 0;

  constructor(plan: ShadowPlan) {
    this.#plan = plan;
  }

  /** Whether this frame of `model` is one; `idle`: no other one waits. */
  takes(model: string, idle: boolean): boolean {
    if (model !== this.#plan.model.name) return false;
    this.#due = Math.min(1, this.#due + this.#plan.share);
    // Shares such as a tenth do not add up to 1 exactly.
    if (!idle || this.#due < 1 - 1e-9) return false;
    this.#due = 0;
    return true;
  }
}
