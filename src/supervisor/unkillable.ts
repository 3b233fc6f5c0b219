/**
 * Worker processes that were killed and are still there: they wait inside a driver, in a way that no signal ends. They
 * are counted until they are gone, since what they hold, a camera or memory, is gone as well.
 */
import type { Logger } from '../base/logger.js';
import type { Health } from '../core/service.js';

export class Unkillable {
  readonly #log: Logger;
  readonly #pids = new Set<number>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** `ended` resolves when the process is gone after all. */
  add(pid: number | undefined, ended: Promise<unknown>): void {
    if (pid === undefined) return;
    this.#pids.add(pid);
    this.#log.error({ pid }, 'a worker does not end although it was killed: a driver hangs');
    void ended.then(() => {
      this.#pids.delete(pid);
      this.#log.info({ pid }, 'the worker that did not end has ended');
    });
  }

  /** Undefined when there are none; stuck unless another worker serves in spite of them. */
  health(served: boolean): Health | undefined {
    if (this.#pids.size === 0) return undefined;
    const pids = [...this.#pids].join(', ');
    const reason = `worker ${pids} does not end although it was killed: a driver hangs`;
    return served
      ? { state: 'degraded', reason: `${reason}; another one serves` }
      : { state: 'stuck', reason };
  }
}
