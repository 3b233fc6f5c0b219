/** Which of the daemon's events the journal is told with fields of their own, and in which words. */
import type { DetectdError } from '../base/errors.js';
import type { RemedyReport } from '../core/health-report.js';
import { Journal, type JournalOptions } from '../health/journal.js';
import type { JournalEvent } from '../health/journal-event.js';
import type { ModelReport } from '../ipc/protocol.js';

/** Journal's own numbers: warnings and errors are found by `journalctl -p`. */
const ERROR = 3;
const WARNING = 4;

export class EventTeller {
  readonly #journal: Pick<Journal, 'event' | 'close'>;
  /** Digest that each model had last. */
  readonly #digests = new Map<string, string>();

  constructor(options: JournalOptions | { journal: Pick<Journal, 'event' | 'close'> }) {
    this.#journal = 'journal' in options ? options.journal : new Journal(options);
  }

  /** @param reason why it is not ready, without secrets */
  state(state: string, reason: string): void {
    const message = reason === '' ? `the device is ${state}` : `the device is ${state}: ${reason}`;
    this.#tell({
      event: 'device-state',
      message,
      fields: { state },
      ...(state === 'degraded' ? { priority: WARNING } : {}),
    });
  }

  /** @param error without secrets */
  workerFailed({ code, message }: DetectdError): void {
    this.#tell({ event: 'worker-failed', message, code, priority: ERROR });
  }

  recycled(reason: string): void {
    this.#tell({
      event: 'worker-recycled',
      message: `a fresh worker took over: ${reason}`,
      fields: { reason },
    });
  }

  remedy({ act, cause, reason }: RemedyReport): void {
    this.#tell({ event: 'remedy', message: `${act}: ${reason}`, priority: WARNING, fields: { act, cause } });
  }

  /** @param error why there is none */
  engine(
    model: string,
    { provider, precision }: { provider: string; precision: string },
    error?: DetectdError,
  ): void {
    const engine = `the ${provider} ${precision} engine of "${model}"`;
    const fields = { provider, precision };
    if (error === undefined)
      this.#tell({ event: 'engine-built', message: `${engine} is ready`, model, fields });
    else {
      const message = `${engine} is not used: ${error.message}`;
      this.#tell({ event: 'engine-refused', message, model, code: error.code, priority: WARNING, fields });
    }
  }

  /** What serves now; models that were not there before are no change. */
  models(reports: readonly ModelReport[]): void {
    for (const { identity } of reports) {
      const { name, version, digest } = identity;
      const before = this.#digests.get(name);
      this.#digests.set(name, digest);
      if (before === undefined || before === digest) continue;
      this.#tell({
        event: 'model-changed',
        message: `model "${name}" is version ${version} now`,
        model: name,
        fields: { version, digest },
      });
    }
  }

  configApplied(): void {
    this.#tell({ event: 'config-applied', message: 'a changed configuration is in force' });
  }

  configRefused({ code, message }: DetectdError): void {
    const text = `the changed configuration is not used: ${message}`;
    this.#tell({ event: 'config-refused', message: text, code, priority: ERROR });
  }

  close(): Promise<void> {
    return this.#journal.close();
  }

  #tell(event: JournalEvent): void {
    this.#journal.event(event);
  }
}
