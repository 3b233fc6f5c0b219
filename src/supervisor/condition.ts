/** How it stands with the worker that is to serve: what it is at, why it failed, and why it is not the one that is wanted. */
import type { DetectdError } from '../base/errors.js';
import { HEALTHY, type Health } from '../core/service.js';
import type { WorkerState } from './supervision.js';

export class Condition {
  #state: WorkerState = 'stopped';
  #failure: DetectdError | undefined;
  /** Why the worker that serves is not the one that is wanted. */
  setback: DetectdError | undefined;

  get state(): WorkerState {
    return this.#state;
  }

  /** Whether the last worker ended with an error and none has been ready since. */
  get failing(): boolean {
    return this.#failure !== undefined;
  }

  /** One is started; `failure` where the one before has just ended for it. */
  starts(failure: DetectdError | undefined = this.#failure): void {
    this.#state = 'starting';
    this.#failure = failure;
  }

  serves(): void {
    this.#state = 'ready';
    this.#failure = undefined;
  }

  /** Another one follows after a delay. */
  failed(failure: DetectdError): void {
    this.#state = 'waiting';
    this.#failure = failure;
  }

  stopped(): void {
    this.#state = 'stopped';
  }

  health(): Health {
    if (this.setback !== undefined) {
      const reason = `the next one failed, the one before serves on: ${this.setback.message}`;
      return { state: 'degraded', reason };
    }
    if (this.#state === 'ready' || this.#state === 'stopped') return HEALTHY;
    const reason = this.#failure === undefined ? 'loading the models' : this.#failure.message;
    return { state: 'degraded', reason };
  }
}
