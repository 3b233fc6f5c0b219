/**
 * Keeps one connection to the broker: dials, waits for its end, waits a while, dials again. A broker
 * that stays away costs one log line a minute and one attempt a minute.
 */
import { Backoff } from '../base/backoff.js';
import { type Clock, pause } from '../base/clock.js';
import { DetectdError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { RepeatedFault } from '../base/repeated-fault.js';
import { type BrokerConnection, hangUp } from './broker-connection.js';
import type { BrokerDialer, ConnectOptions } from './broker-dialer.js';
import { isTakenOver } from './broker-errors.js';

export interface BrokerLinkOptions {
  dialer: Pick<BrokerDialer, 'connect'>;
  /** Asked before each attempt. Throws a DetectdError where the attempt makes no sense. */
  dialOptions: () => Omit<ConnectOptions, 'clock' | 'signal' | 'passedOver'>;
  clock: Clock;
  log: Logger;
  faults: RepeatedFault;
  random: (() => number) | undefined;
  /** A connection is there; called before anyone who waits for it is told. */
  up: (connection: BrokerConnection) => void;
  down: () => void;
  /** Whether the connection that has just ended is to be followed by another one soon, however many there were. */
  soon?: () => boolean;
}

/** Before the first attempt after a connection, about. */
const FIRST_MS = 500;
/** A connection of this length was none of those that are ended as soon as they are made. */
const SERVED_WELL_MS = 10_000;

export class BrokerLink {
  readonly #options: BrokerLinkOptions;
  readonly #stop = new AbortController();
  #connection: BrokerConnection | undefined;
  #connections = 0;
  /** Since when there is a connection. */
  #upSinceUs: number | undefined;
  #fault: DetectdError | undefined;
  /** A dial with what is known now is wanted, or none; ends the pause before it. */
  #renewed = new AbortController();
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
    this.#renewed.abort();
    this.#connection?.destroy();
    this.#tell(false);
    await this.#running;
  }

  /** Ends the connection properly, if there is one, and dials at once: what it was made with has changed. */
  async renew(): Promise<void> {
    this.#renewed.abort();
    if (this.#connection) await hangUp(this.#connection, this.#options.clock);
  }

  async #keepConnected(): Promise<void> {
    const { clock, random, log, faults } = this.#options;
    const common = { clock, ...(random ? { random } : {}) };
    const backoff = new Backoff({ initialMs: FIRST_MS, maxMs: 60_000, stableMs: 120_000, ...common });
    // Two with one identifier end each other's connections for ever: the longer the pauses the less harm they do.
    const yielding = new Backoff({ initialMs: 5000, maxMs: 300_000, stableMs: 900_000, ...common });
    while (!this.stopped) {
      this.#renewed = new AbortController();
      const { signal: renewed } = this.#renewed;
      const error = await this.#connectOnce(() => {
        backoff.healthy();
        yielding.healthy();
      });
      if (this.stopped) return;
      if (error === undefined && !renewed.aborted) return;
      if (error === undefined) continue;
      this.#fault = error;
      faults.note(error.message, error);
      const pauseMs = (isTakenOver(error) ? yielding : backoff).next();
      // What served well is probably back soon, however often that happened before.
      const soon = this.#servedWell(error) || this.#options.soon?.();
      const delayMs = soon ? Math.min(pauseMs, jittered(FIRST_MS, random)) : pauseMs;
      log.debug({ delayMs }, 'connecting to the MQTT broker again');
      await pause(clock, delayMs, renewed);
    }
  }

  /** The connection that has just ended was more than a flicker, and nobody else took its place. */
  #servedWell(error: DetectdError): boolean {
    const sinceUs = this.#upSinceUs;
    this.#upSinceUs = undefined;
    if (sinceUs === undefined || isTakenOver(error)) return false;
    return this.#options.clock.monotonicUs() - sinceUs >= SERVED_WELL_MS * 1000;
  }

  /** One connection from its beginning to its end; the reason of the end, undefined when it was ours. */
  async #connectOnce(healthy: () => void): Promise<DetectdError | undefined> {
    const { dialer, dialOptions, clock, faults } = this.#options;
    const signal = this.#stop.signal;
    try {
      const passedOver = (error: DetectdError): void => faults.note(error.message, error);
      const connection = await dialer.connect({ ...dialOptions(), clock, signal, passedOver });
      if (signal.aborted) {
        connection.destroy();
        return undefined;
      }
      if (this.#renewed.signal.aborted) {
        await hangUp(connection, clock);
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
    this.#upSinceUs = this.#options.clock.monotonicUs();
    this.#connection = connection;
    log.info({ broker: connection.display, version: connection.version }, 'connected to the MQTT broker');
    up(connection);
    this.#tell(true);
  }

  #tell(connected: boolean): void {
    for (const waiting of [...this.#waiting]) waiting(connected);
  }
}

/** Between half of it and all of it. */
function jittered(ms: number, random: () => number = Math.random): number {
  return Math.round((ms / 2) * (1 + random()));
}
