/** Dials for connections that no message ends again and again; remembers from one to the next what it was with each broker. */
import type { Clock } from '../base/clock.js';
import type { BrokerConnection } from './broker-connection.js';
import type { BrokerDialer, ConnectOptions } from './broker-dialer.js';
import { CarefulConnection } from './careful-connection.js';
import { Suspects } from './suspects.js';

/** Brokers are configured; more than this are a defect of the caller. */
const MAX_BROKERS = 64;

export class CarefulDialer {
  readonly #dialer: Pick<BrokerDialer, 'connect'>;
  readonly #clock: Clock;
  readonly #brokers = new Map<string, Suspects>();

  constructor(dialer: Pick<BrokerDialer, 'connect'>, clock: Clock) {
    this.#dialer = dialer;
    this.#clock = clock;
  }

  async connect(options: ConnectOptions): Promise<BrokerConnection> {
    const connection = await this.#dialer.connect(options);
    return new CarefulConnection(connection, this.#suspectsOf(connection.display), this.#clock);
  }

  /** The last connection is to be followed by another one soon, which will tell more. Asked once for each. */
  takeAdvance(): boolean {
    let advanced = false;
    for (const suspects of this.#brokers.values()) advanced = suspects.takeAdvance() || advanced;
    return advanced;
  }

  #suspectsOf(broker: string): Suspects {
    const known = this.#brokers.get(broker);
    if (known !== undefined) return known;
    const suspects = new Suspects(this.#clock);
    if (this.#brokers.size < MAX_BROKERS) this.#brokers.set(broker, suspects);
    return suspects;
  }
}
