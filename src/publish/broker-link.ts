/**
 * Keeps one connection to the broker: dials, waits for its end, waits a while, dials again. A broker
 * that stays away costs one log line a minute and one attempt a minute.
 */
import { Backoff } from '../base/backoff.js';
import { type Clock, pause } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { RepeatedFault } from '../base/repeated-fault.js';
import type { BrokerConnection } from './broker-connection.js';
import type { DialOptions } from './broker-dial.js';
import type { BrokerDialer } from './broker-dialer.js';

export interface BrokerLinkOptions {
  dialer: Pick<BrokerDialer, 'connect'>;
  /** Asked before each attempt. Throws a DetectdError where the attempt makes no sense. */
  dialOptions: () => Omit<DialOptions, 'version' | 'clock' | 'signal'>;
  clock: Clock;
  log: Logger;
  faults: RepeatedFault;
  random: (() => number) | undefined;
  /** A connection is there; called before anyone who waits for it is told. */
  up: (connection: BrokerConnection) => void;
  down: () => void;
}

export class BrokerLink {
  readonly #options: BrokerLinkOptions;
  readonly #stop = new AbortController();
  #connection: BrokerConnection | undefined;
  #connections = 0;
  #fault: DetectdError | undefined;
  #running: Promise<void> | undefined;
  #waiting: ((connected: boolean) => void)[] = [];

  constructor(options: BrokerLinkOptions) {
    this.#options = options;
  }

  get connection(): BrokerConnection | undefined {
    return this.#connection;
  }

  /** Why there is no connection; undefined when there is one or none was tried yet. */
  get fault(): DetectdError | undefined {
    return this.#fault;
  }

  /** Connections after the first. */
  get reconnects(): number {
    return Math.max(0, this.#connections - 1);
  }

  get stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  start(): void {
    this.#running ??= this.#keepConnected();
  }

  /** Whether there is a connection, waiting up to `timeoutMs` for one. */
  connected(timeoutMs: number): Promise<boolean> {
    if (this.#connection) return Promise.resolve(true);
    if (this.stopped) return Promise.resolve(false);
    return new Promise((resolve) => {
      const done = (connected: boolean): void => {
        timer.cancel();
        this.#waiting = this.#waiting.filter((other) => other !== done);
        resolve(connected);
      };
      const timer = this.#options.clock.after(timeoutMs, () => done(false));
      this.#waiting.push(done);
    });
  }

  /** Gives up whatever is under way and waits for the end. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#connection?.destroy();
    this.#tell(false);
    await this.#running;
  }

  async #keepConnected(): Promise<void> {
    const { clock, random, log, faults } = this.#options;
    const backoff = new Backoff({
      initialMs: 500,
      maxMs: 60_000,
      stableMs: 30_000,
      clock,
      ...(random ? { random } : {}),
    });
    while (!this.stopped) {
      const error = await this.#connectOnce(() => backoff.healthy());
      if (this.stopped || error === undefined) return;
      this.#fault = error;
      faults.note(error.message, error);
      const delayMs = backoff.next();
      log.debug({ delayMs }, 'connecting to the MQTT broker again');
      await pause(clock, delayMs, this.#stop.signal);
    }
  }

  /** One connection from its beginning to its end; the reason of the end, undefined when it was ours. */
  async #connectOnce(healthy: () => void): Promise<DetectdError | undefined> {
    const { dialer, dialOptions, clock } = this.#options;
    const signal = this.#stop.signal;
    try {
      const connection = await dialer.connect({ ...dialOptions(), clock, signal });
      if (signal.aborted) {
        connection.destroy();
        return undefined;
      }
      healthy();
      this.#up(connection);
      const reason = await connection.over;
      this.#connection = undefined;
      this.#options.down();
      return reason;
    } catch (thrown) {
      return DetectdError.from(thrown, 'MQTT_UNREACHABLE');
    }
  }

  #up(connection: BrokerConnection): void {
    const { log, faults, up } = this.#options;
    if (this.#fault) faults.cured(this.#fault.message);
    this.#fault = undefined;
    this.#connections += 1;
    this.#connection = connection;
    log.info({ broker: connection.display, version: connection.version }, 'connected to the MQTT broker');
    up(connection);
    this.#tell(true);
  }

  #tell(connected: boolean): void {
    for (const waiting of [...this.#waiting]) waiting(connected);
  }
}
