/**
 * Dials with the MQTT version that the broker speaks: 5 first, 3.1.1 when it refuses that or closes the
 * connection on it. What worked is remembered, so that later connections cost one attempt.
 */
import type { BrokerConnection, MqttVersion } from './broker-connection.js';
import { type Dialled, type DialOptions, dial } from './broker-dial.js';

export class BrokerDialer {
  readonly #dial: (options: DialOptions) => Promise<Dialled>;
  #version: MqttVersion = '5';
  #fiveWorked = false;

  constructor(options: { dial?: (options: DialOptions) => Promise<Dialled> } = {}) {
    this.#dial = options.dial ?? dial;
  }

  /** A connection, or a rejection with the DetectdError of the last attempt. */
  async connect(options: Omit<DialOptions, 'version'>): Promise<BrokerConnection> {
    const { protocol, broker } = options.config;
    if (protocol !== 'auto') return opened(await this.#dial({ ...options, version: protocol }));
    // The embedded broker speaks 3.1.1 alone.
    if (broker === 'embedded') this.#version = '3.1.1';
    const first = await this.#dial({ ...options, version: this.#version });
    if (first.ok && this.#version === '5') this.#fiveWorked = true;
    if (first.ok || this.#version === '3.1.1' || options.signal?.aborted) return opened(first);
    // A broker that spoke 5 before and now closes is restarting, not old.
    const old = first.version === 'refused' || (first.version === 'unanswered' && !this.#fiveWorked);
    if (!old) return opened(first);
    const second = await this.#dial({ ...options, version: '3.1.1' });
    if (second.ok) this.#version = '3.1.1';
    return opened(second);
  }
}

function opened(result: Dialled): BrokerConnection {
  if (!result.ok) throw result.error;
  return result.connection;
}
