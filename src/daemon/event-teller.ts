/** Which of the daemon's events the journal is told with fields of their own, and in which words. */
import type { DetectdError } from '../base/errors.js';
import { isFaulty } from '../core/camera-state.js';
import type { DeviceEvent, LostMessages } from '../core/device-event.js';
import type { RemedyReport } from '../core/health-report.js';
import { Journal, type JournalOptions } from '../health/journal.js';
import type { JournalEvent } from '../health/journal-event.js';
import type { ModelReport } from '../ipc/protocol.js';

/** Journal's own numbers: warnings and errors are found by `journalctl -p`. */
const ERROR = 3;
const WARNING = 4;
const SEVERITY = new Map<number, DeviceEvent['severity']>([
  [ERROR, 'error'],
  [WARNING, 'warning'],
]);

export class EventTeller {
  readonly #journal: Pick<Journal, 'event' | 'close'>;
  /** Digest that each model had last. */
  readonly #digests = new Map<string, string>();

  /** State that each camera was told to be in last. */
  readonly #cameras = new Map<string, string>();
  readonly #announce: (event: DeviceEvent) => void;

  /** @param options announce: tells the stream of events, which has them all */
  constructor(
    options: (JournalOptions | { journal: Pick<Journal, 'event' | 'close'> }) & {
      announce?: (event: DeviceEvent) => void;
    },
  ) {
    this.#journal = 'journal' in options ? options.journal : new Journal(options);
    this.#announce = options.announce ?? (() => {});
  }

  /** A camera that is being opened is in no new state yet. @param error without secrets */
  camera(camera: string, state: string, error?: { code: string; message: string }): void {
    if (state === 'connecting' || this.#cameras.get(camera) === state) return;
    this.#cameras.set(camera, state);
    const reason = error === undefined ? '' : `: ${error.message}`;
    this.#announce({
      ...{ type: 'camera-state', message: `camera "${camera}" is ${state}${reason}`, camera },
      severity: isFaulty(state) ? 'warning' : 'info',
      code: error?.code,
      fields: { state },
    });
  }

  /** It is no longer configured. */
  forget(camera: string): void {
    this.#cameras.delete(camera);
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

  /** What becomes of stored messages; the stream of events has it already. */
  stored({ type, message, severity, code, fields = {} }: DeviceEvent): void {
    if (type !== 'outbox' && type !== 'lost') return;
    const { mode, lost } = fields as { mode?: string; lost?: LostMessages };
    this.#journal.event({
      ...{ event: type, message, code, priority: severity === 'info' ? 5 : WARNING },
      fields: {
        mode,
        cause: lost?.cause,
        stream: lost?.stream ?? undefined,
        count: lost?.count ?? undefined,
      },
    });
  }

  close(): Promise<void> {
    return this.#journal.close();
  }

  #tell(event: JournalEvent): void {
    this.#journal.event(event);
    const { event: type, message, priority = 5, code, camera, model, fields } = event;
    const severity = SEVERITY.get(priority) ?? 'info';
    this.#announce({ type, message, severity, code, camera, model, fields });
  }
}
