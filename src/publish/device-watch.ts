/**
 * Looks at a device for as long as somebody wants to: stays subscribed to what it says about itself, and when the
 * broker goes away keeps what was heard and dials again.
 */
import { Backoff } from '../base/backoff.js';
import { type Clock, pause } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { MqttConfig } from '../config/schema.js';
import { hangUp } from './broker-connection.js';
import { BrokerDialer } from './broker-dialer.js';
import { DeviceBook } from './device-book.js';
import { onlookerDial } from './device-state.js';
import { Topics } from './topics.js';

export interface DeviceWatchOptions {
  config: MqttConfig;
  device: string;
  clock: Clock;
  /** Something was heard, or the connection came or went. */
  changed: () => void;
  dialer?: Pick<BrokerDialer, 'connect'>;
}

const CONNECT_MS = 5000;
/** Somebody sits and waits. */
const MAX_DELAY_MS = 5000;

export class DeviceWatch {
  readonly book: DeviceBook;
  readonly #options: DeviceWatchOptions;
  #connected = false;
  #everConnected = false;
  #fault: DetectdError | undefined;

  constructor(options: DeviceWatchOptions) {
    const { config, device, clock } = options;
    this.#options = options;
    this.book = new DeviceBook({ device, topics: new Topics(config.base, device), clock });
  }

  get connected(): boolean {
    return this.#connected;
  }

  get everConnected(): boolean {
    return this.#everConnected;
  }

  /** Why there is no connection; undefined when there is one or the first is being made. */
  get fault(): DetectdError | undefined {
    return this.#fault;
  }

  /** Until `signal` is aborted. Rejects when the broker refuses the very first connection, which no patience would cure. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, changed } = this.#options;
    const backoff = new Backoff({ initialMs: 500, maxMs: MAX_DELAY_MS, stableMs: 10_000, clock });
    const dialer = this.#options.dialer ?? new BrokerDialer();
    while (!signal.aborted) {
      const fault = await this.#connectOnce(dialer, signal, () => backoff.healthy());
      if (signal.aborted) return;
      if (!this.#everConnected && fault.code !== 'MQTT_UNREACHABLE') throw fault;
      this.#connected = false;
      this.#fault = fault;
      changed();
      await pause(clock, backoff.next(), signal);
    }
  }

  /** One connection from its beginning to its end, and why it ended. */
  async #connectOnce(
    dialer: Pick<BrokerDialer, 'connect'>,
    signal: AbortSignal,
    healthy: () => void,
  ): Promise<DetectdError> {
    const { config, device, clock, changed } = this.#options;
    try {
      const connection = await dialer.connect({ ...onlookerDial(config, device, CONNECT_MS), clock, signal });
      const leave = (): void => connection.end();
      signal.addEventListener('abort', leave, { once: true });
      try {
        await connection.subscribe(this.book.filters, (topic, payload, { retained }) => {
          if (this.book.take(topic, payload, retained)) changed();
        });
        healthy();
        this.#connected = true;
        this.#everConnected = true;
        this.#fault = undefined;
        changed();
        return (
          (await connection.over) ??
          new DetectdError('MQTT_UNREACHABLE', 'The connection to the MQTT broker ended.')
        );
      } finally {
        signal.removeEventListener('abort', leave);
        await hangUp(connection, clock);
      }
    } catch (thrown) {
      return DetectdError.from(thrown, 'MQTT_UNREACHABLE');
    }
  }
}
