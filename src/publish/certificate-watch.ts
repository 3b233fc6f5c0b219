/**
 * Looks now and then whether the files of the TLS settings were renewed, in place, by rename or behind a link, and says
 * when a new set of them is fit for a connection. Of the client's certificate it knows when it ends.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Clock, Timer } from '../base/clock.js';
import { DetectdError, messageOf } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { MqttConfig } from '../config/schema.js';
import { fileState, readTlsFiles, type TlsFiles } from './tls-files.js';

const PERIOD_MS = 60_000;
/** Said from so long before a certificate ends. */
export const NOTICE_MS = 7 * 24 * 3600 * 1000;

export interface CertificateWatchOptions {
  config: Pick<MqttConfig, 'ca' | 'cert' | 'key'>;
  clock: Clock;
  log: Logger;
  /** The files have changed, and a connection can be made with them. */
  renewed: () => void;
}

export class CertificateWatch {
  readonly #options: CertificateWatchOptions;
  /** Of the files when they were looked at last; undefined before. */
  #state: string | undefined;
  /** Digest of what they hold, where that was usable. */
  #content = '';
  #endsMs: number | undefined;
  #fault: DetectdError | undefined;
  #timer: Timer | undefined;
  #looking = false;
  #closed = false;

  constructor(options: CertificateWatchOptions) {
    this.#options = options;
  }

  /** Takes what lies there now as known, and looks again each minute. Does nothing where no file is set. */
  async start(): Promise<void> {
    const { config, clock } = this.#options;
    if (this.#timer !== undefined || !(config.ca ?? config.cert ?? config.key)) return;
    this.#timer = clock.every(PERIOD_MS, () => void this.#look(), { background: true });
    await this.#look();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  /** What is wrong with the files, or soon will be; undefined when nothing is. */
  complaint(): string | undefined {
    if (this.#fault) return this.#fault.message;
    return endComplaint('the client certificate', this.#endsMs, this.#options.clock.wallMs());
  }

  async #look(): Promise<void> {
    // A folder on a network may be slower than the period.
    if (this.#looking) return;
    this.#looking = true;
    try {
      const { config } = this.#options;
      const state = await fileState(config);
      if (state !== this.#state && !this.#closed) await this.#read(state);
    } finally {
      this.#looking = false;
    }
  }

  async #read(state: string): Promise<void> {
    const { config, log, renewed } = this.#options;
    const first = this.#state === undefined;
    this.#state = state;
    try {
      const files = await readTlsFiles(config);
      checkTogether(files);
      const content = digest(files);
      const changed = content !== this.#content;
      this.#content = content;
      this.#endsMs = files.cert && Date.parse(new X509Certificate(files.cert).validTo);
      this.#fault = undefined;
      if (first || !changed || this.#closed) return;
      log.info('the certificates for the MQTT broker were renewed');
      renewed();
    } catch (thrown) {
      const error = DetectdError.from(thrown, 'MQTT_TLS');
      this.#fault = error;
      // The first connection will say it.
      if (!first && !this.#closed) log.warn({ code: error.code, hint: error.hint }, error.message);
    }
  }
}

/** Throws MQTT_TLS where the key does not belong to the certificate, or something is no PEM. */
function checkTogether(files: TlsFiles): void {
  try {
    createSecureContext(files);
  } catch (thrown) {
    throw new DetectdError(
      'MQTT_TLS',
      `The files of mqtt.ca, mqtt.cert and mqtt.key cannot be used together (${messageOf(thrown)}).`,
      'Put a certificate and its own key there; until then the connection stays as it is.',
      { cause: thrown },
    );
  }
}

function digest(files: TlsFiles): string {
  const hash = createHash('sha256');
  for (const name of ['ca', 'cert', 'key'] as const)
    hash.update(`${name} ${files[name]?.length}\n`).update(files[name] ?? '');
  return hash.digest('hex');
}

/** What is said about a certificate that ends at `endsMs` of wall time; undefined while that is far off, or not known. */
export function endComplaint(whose: string, endsMs: number | undefined, nowMs: number): string | undefined {
  if (endsMs === undefined || Number.isNaN(endsMs) || endsMs - nowMs > NOTICE_MS) return undefined;
  const date = new Date(endsMs).toISOString();
  return endsMs <= nowMs ? `${whose} has expired, on ${date}` : `${whose} expires on ${date}`;
}
