/**
 * Worker processes that were killed and are still there: they wait inside a driver, in a way that no signal ends. They
 * are counted until they are gone, since what they hold, a camera or memory, is gone as well.
 */
import type { Logger } from '../base/logger.js';
import type { Health } from '../core/service.js';
import type { WorkerState } from './supervision.js';

export class Unkillable {
  readonly #log: Logger;
  readonly #pids = new Set<number>();
  /** Those that followed did not serve either. */
  #hopeless = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** `ended` resolves when the process is gone after all. */
  add(pid: number | undefined, ended: Promise<unknown>): void {
    if (pid === undefined) return;
    this.#hopeless = this.#pids.size > 0;
    this.#pids.add(pid);
    this.#log.error({ pid }, 'a worker does not end although it was killed: a driver hangs');
    void ended.then(() => {
      this.#pids.delete(pid);
      this.#log.info({ pid }, 'the worker that did not end has ended');
    });
  }

  /** Another worker ended otherwise than in order. */
  failed(): void {
    this.#hopeless = this.#pids.size > 0;
  }

  /**
   * Undefined when there are none; stuck unless another worker serves in spite of them, or the first that follows is on
   * its way: its models may take longer to load than systemd's watchdog waits.
   */
  health(state: WorkerState): Health | undefined {
    if (this.#pids.size === 0) return undefined;
    if (state === 'ready') this.#hopeless = false;
    const pids = [...this.#pids].join(', ');
    const reason = `worker ${pids} does not end although it was killed: a driver hangs`;
    if (state === 'ready') return { state: 'degraded', reason: `${reason}; another one serves` };
    if (state === 'starting' && !this.#hopeless)
      return { state: 'degraded', reason: `${reason}; another one is on its way` };
    return { state: 'stuck', reason };
  }
}
