/**
 * The latest retained message of every topic. What changed goes out as soon as there is a connection,
 * and everything goes out again on a new one, since the broker may have lost it. Bounded by the number
 * of topics: a message that was overtaken before it could be sent is never sent. Those of QoS 0, which the
 * next one replaces soon, wait for nothing and nothing waits for them.
 */
import { DetectdError } from '../base/errors.js';
import { type BrokerConnection, fitsPacket, type SendOptions } from './broker-connection.js';

interface Latest {
  payload: string | Buffer;
  options: SendOptions;
}

const RETAINED: SendOptions = { qos: 1, retain: true };
/** Camera and model names are configured; more than this is a defect of the caller. */
const MAX_TOPICS = 4096;
/** A broker that has not taken this much is not given more that can wait. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

export class RetainedState {
  readonly #latest = new Map<string, Latest>();
  readonly #pending = new Set<string>();
  /** Topics of QoS 0. */
  readonly #fleeting = new Set<string>();
  readonly #refused: (topic: string, error: DetectdError) => void;
  #connection: BrokerConnection | undefined;
  #inFlight = 0;
  #idle: (() => void)[] = [];

  constructor(options: { refused: (topic: string, error: DetectdError) => void }) {
    this.#refused = options.refused;
  }

  /** Replaces what is retained on `topic`; false when there are too many topics. `options` are to retain it, as a rule. */
  set(topic: string, payload: string | Buffer, options: SendOptions = RETAINED): boolean {
    if (!this.#latest.has(topic) && this.#latest.size >= MAX_TOPICS) return false;
    this.#latest.set(topic, { payload, options });
    if (options.qos === 0) {
      this.#fleeting.add(topic);
      if (this.#connection) this.#sendFleeting(this.#connection, topic);
    } else {
      this.#pending.add(topic);
      this.#pump();
    }
    return true;
  }

  /** Takes what is retained on `topic` away from the broker and from here. */
  remove(topic: string): void {
    if (!this.#latest.has(topic)) return;
    this.set(topic, '');
  }

  /** Sends it to no further connection; for what is not retained at the broker. */
  forget(topic: string): void {
    this.#latest.delete(topic);
    this.#pending.delete(topic);
    this.#fleeting.delete(topic);
  }

  /** A new connection: everything is sent again. */
  connected(connection: BrokerConnection): void {
    this.#connection = connection;
    this.#inFlight = 0;
    connection.whenRoom(() => {
      if (connection === this.#connection) this.#pump();
    });
    for (const topic of this.#latest.keys()) if (!this.#fleeting.has(topic)) this.#pending.add(topic);
    this.#pump();
    for (const topic of this.#fleeting) this.#sendFleeting(connection, topic);
  }

  disconnected(): void {
    this.#connection = undefined;
    this.#inFlight = 0;
  }

  /** Resolves when the broker has acknowledged everything; not before there is a connection. */
  flushed(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #isIdle(): boolean {
    return this.#pending.size === 0 && this.#inFlight === 0;
  }

  #pump(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    for (const topic of this.#pending) {
      // A broker may close the connection when more are under way than it allows.
      if (connection.inFlight >= connection.maxInFlight) return;
      this.#pending.delete(topic);
      this.#send(connection, topic);
    }
  }

  #send(connection: BrokerConnection, topic: string): void {
    const latest = this.#latest.get(topic);
    if (latest === undefined) return;
    const { payload, options } = latest;
    if (!this.#fits(topic, payload, connection)) {
      this.#settle();
      return;
    }
    this.#inFlight += 1;
    connection.send(topic, payload, options, (error) => {
      if (connection !== this.#connection) return;
      this.#inFlight -= 1;
      if (error) this.#refused(topic, error);
      if (payload === '' && this.#latest.get(topic) === latest) this.#latest.delete(topic);
      this.#settle();
    });
  }

  #sendFleeting(connection: BrokerConnection, topic: string): void {
    const latest = this.#latest.get(topic);
    if (latest === undefined) return;
    const { payload, options } = latest;
    // Behind a connection that takes nothing they would only pile up.
    if (connection.bufferedBytes > MAX_BUFFERED_BYTES) return;
    if (this.#fits(topic, payload, connection)) connection.send(topic, payload, options);
  }

  /** What is too large would end the connection, again and again. */
  #fits(topic: string, payload: string | Buffer, connection: BrokerConnection): boolean {
    if (fitsPacket(topic, payload, connection)) return true;
    this.#refused(
      topic,
      oversized(
        topic,
        connection.tooLarge?.(topic, payload) ? '' : `${connection.maxPacketBytes} bytes that the `,
      ),
    );
    return false;
  }

  #settle(): void {
    if (this.#isIdle()) for (const resolve of this.#idle.splice(0)) resolve();
  }
}

function oversized(topic: string, limit: string): DetectdError {
  return new DetectdError(
    'MQTT_REFUSED',
    `The message for ${topic} is larger than the ${limit}MQTT broker takes.`,
    'Raise the packet size limit of the broker.',
  );
}
