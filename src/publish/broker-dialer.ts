/**
 * Dials one broker after the other, in order, each with the MQTT version that it speaks: 5 first, 3.1.1 when it refuses
 * that or closes the connection on it. What worked is remembered, so that later connections cost one attempt.
 */
import { DetectdError } from '../base/errors.js';
import type { BrokerConnection, MqttVersion } from './broker-connection.js';
import { type Dialled, type DialOptions, dial } from './broker-dial.js';

export interface ConnectOptions extends Omit<DialOptions, 'version' | 'url'> {
  /** Where the brokers are; see brokerUrls(). The first that can be used is. */
  url: string | readonly string[];
  /** Told why each one before it could not. */
  passedOver?: (error: DetectdError) => void;
}

interface Known {
  version: MqttVersion;
  fiveWorked: boolean;
}

/** More are not configured; an embedded broker may have another port each time. */
const MAX_KNOWN = 64;

export class BrokerDialer {
  readonly #dial: (options: DialOptions) => Promise<Dialled>;
  readonly #known = new Map<string, Known>();

  constructor(options: { dial?: (options: DialOptions) => Promise<Dialled> } = {}) {
    this.#dial = options.dial ?? dial;
  }

  /** A connection, or a rejection with a DetectdError that says of each broker why not. */
  async connect(options: ConnectOptions): Promise<BrokerConnection> {
    const errors: DetectdError[] = [];
    for (const url of [options.url].flat()) {
      const result = await this.#connectTo({ ...options, url });
      if (result.ok) {
        for (const error of errors) options.passedOver?.(error);
        return result.connection;
      }
      errors.push(result.error);
      if (options.signal?.aborted) break;
    }
    throw joined(errors);
  }

  async #connectTo(options: Omit<DialOptions, 'version'>): Promise<Dialled> {
    const { protocol, broker } = options.config;
    if (protocol !== 'auto') return this.#dial({ ...options, version: protocol });
    const known = this.#knownOf(options.url);
    // The embedded broker speaks 3.1.1 alone.
    if (broker === 'embedded') known.version = '3.1.1';
    const first = await this.#dial({ ...options, version: known.version });
    if (first.ok && known.version === '5') known.fiveWorked = true;
    if (first.ok || known.version === '3.1.1' || options.signal?.aborted) return first;
    // A broker that spoke 5 before and now closes is restarting, not old.
    const old = first.version === 'refused' || (first.version === 'unanswered' && !known.fiveWorked);
    if (!old) return first;
    const second = await this.#dial({ ...options, version: '3.1.1' });
    if (second.ok) known.version = '3.1.1';
    return second;
  }

  #knownOf(url: string): Known {
    const known = this.#known.get(url) ?? { version: '5', fiveWorked: false };
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(url, known);
    return known;
  }
}

/** Of several the first counts, which is the one that should be used. */
function joined(errors: DetectdError[]): DetectdError {
  const [first] = errors;
  if (first === undefined) return new DetectdError('INTERNAL', 'No MQTT broker is known.');
  if (errors.length === 1) return first;
  const message = errors.map((error) => error.message).join(' ');
  return new DetectdError(first.code, message, first.hint, { cause: first });
}
