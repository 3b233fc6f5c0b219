/**
 * Whether there is a Frigate: `<topic>/available` is `online`, `stopped`, or `offline` when the device is lost. A connection
 * has one last will and ours tells of the device, so there is a second one for this word alone.
 */
import type { Clock } from '../../base/clock.js';
import { DetectdError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import { RepeatedFault } from '../../base/repeated-fault.js';
import type { MqttConfig } from '../../config/schema.js';
import { HEALTHY, type Health, type Service } from '../../core/service.js';
import { type BrokerConnection, hangUp, within } from '../broker-connection.js';
import { BrokerDialer } from '../broker-dialer.js';
import { BrokerLink } from '../broker-link.js';

export interface FrigateAvailableOptions {
  /** `<topic>/available`. */
  topic: string;
  config: MqttConfig;
  /** Of this connection. */
  clientId: string;
  /** Where the broker is, asked before each attempt. */
  urls: () => string[];
  clock: Clock;
  log: Logger;
  /** Injected by tests. */
  dialer?: Pick<BrokerDialer, 'connect'>;
}

const RETAINED = { qos: 1, retain: true } as const;
const CONNECT_TIMEOUT_MS = 10_000;
const CLOSE_MS = 1000;

export class FrigateAvailable implements Service {
  readonly name = 'frigate';
  readonly #options: FrigateAvailableOptions;
  readonly #link: BrokerLink;

  constructor(options: FrigateAvailableOptions) {
    this.#options = options;
    const { topic, config, clientId, urls, clock, log, dialer = new BrokerDialer() } = options;
    const faults = new RepeatedFault({
      clock,
      report: (key, detail, count) => {
        const error = detail instanceof DetectdError ? detail : undefined;
        log.warn({ code: error?.code, hint: error?.hint, count }, `availability for Frigate: ${key}`);
      },
    });
    this.#link = new BrokerLink({
      ...{ dialer, clock, log, faults, random: undefined },
      dialOptions: () => ({
        ...{ config, url: urls(), clientId, timeoutMs: CONNECT_TIMEOUT_MS },
        will: { topic, payload: 'offline' },
      }),
      up: (connection) => connection.send(topic, 'online', RETAINED),
      down: () => {},
    });
  }

  async start(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) this.#link.start();
  }

  health(): Health {
    const { connection, fault } = this.#link;
    if (connection !== undefined) return HEALTHY;
    return { state: 'degraded', reason: fault?.message ?? 'not connected to the broker yet' };
  }

  /** Says `stopped` where there is a connection. Takes `withinMs` at most. */
  async close(withinMs = CLOSE_MS): Promise<void> {
    const { connection, stopped } = this.#link;
    if (connection !== undefined && !stopped) await this.#sayGoodbye(connection, withinMs);
    await this.#link.stop();
  }

  async #sayGoodbye(connection: BrokerConnection, withinMs: number): Promise<void> {
    const { topic, clock } = this.#options;
    const taken = new Promise<void>((resolve) => {
      connection.send(topic, 'stopped', RETAINED, () => resolve());
    });
    await within(clock, withinMs * 0.75, taken, connection.over);
    await hangUp(connection, clock, withinMs * 0.25);
  }
}
