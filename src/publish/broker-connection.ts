/**
 * One established connection to a broker, until its end; there is no second life in it. Whoever wants
 * another one dials again. Keeps mqtt.js, its queues and its reconnecting out of everything else.
 */
import type { MqttClient } from 'mqtt';
import type { Clock, Timer } from '../base/clock.js';
import type { DetectdError } from '../base/errors.js';
import type { BrokerAddress } from './broker-address.js';
import { closedError, refusedError, transportError } from './broker-errors.js';

export type MqttVersion = '5' | '3.1.1';

/** Largest message sent, where the broker does not set a lower limit. */
const MAX_OUTGOING_BYTES = 4 * 1024 * 1024;

export interface SendOptions {
  qos: 0 | 1;
  retain: boolean;
  /** MQTT 5: the broker forgets the message after this time. One object may serve many messages. */
  properties?: { messageExpiryInterval: number };
}

/** `retained`: the broker had it from before the subscription. */
export type Receive = (topic: string, payload: Buffer, retained: boolean) => void;

export interface BrokerConnection {
  readonly version: MqttVersion;
  /** Address for logs. */
  readonly display: string;
  /** Largest message that the broker takes, topic and header included. */
  readonly maxPacketBytes: number;
  /** Messages of QoS 1 that the broker takes before it has acknowledged the first. */
  readonly maxInFlight: number;
  /** Bytes that were sent but not yet taken by the system. */
  readonly bufferedBytes: number;
  /** Resolves once, when the connection is over; with its reason unless `end` or `destroy` was called. */
  readonly over: Promise<DetectdError | undefined>;
  /** Sends; with QoS 1, `acknowledged` is called when the broker has it or refuses it, unless the connection ends. */
  send(
    topic: string,
    payload: string | Buffer,
    options: SendOptions,
    acknowledged?: (error?: DetectdError) => void,
  ): void;
  /**
   * Subscribes with QoS 1; resolves when the broker agreed. Rejects with MQTT_REFUSED or when the connection ends.
   * `receive` gets whatever comes from then on, and each message once, however often it is given.
   */
  subscribe(filters: string[], receive: Receive): Promise<void>;
  /** Nothing is said about a broker that does not agree. */
  unsubscribe(filters: string[]): void;
  /** Says goodbye, so that the broker drops the last will, and closes. */
  end(): void;
  /** Cuts the connection; the broker publishes the last will. */
  destroy(): void;
}

/** Ends a connection properly if the broker goes along within `deadlineMs`, and in any case. */
export async function hangUp(connection: BrokerConnection, clock: Clock, deadlineMs = 500): Promise<void> {
  connection.end();
  await within(clock, deadlineMs, connection.over);
  connection.destroy();
}

/** Waits for the first of the promises, `ms` at most. */
export async function within(clock: Clock, ms: number, ...awaited: Promise<unknown>[]): Promise<void> {
  let timer: Timer | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = clock.after(ms, resolve);
  });
  await Promise.race([...awaited, deadline]);
  timer?.cancel();
}

/** Room for an MQTT header with its topic. */
const HEADER_BYTES = 1100;

/** Whether a message surely stays below what the broker takes; UTF-8 needs at most 3 bytes per code unit. */
export function fitsPacket(payload: string, connection: BrokerConnection): boolean {
  const room = connection.maxPacketBytes - HEADER_BYTES;
  return payload.length * 3 <= room || Buffer.byteLength(payload) <= room;
}

export class MqttJsConnection implements BrokerConnection {
  readonly version: MqttVersion;
  readonly display: string;
  readonly maxPacketBytes: number;
  readonly maxInFlight: number;
  readonly over: Promise<DetectdError | undefined>;
  readonly #client: MqttClient;
  readonly #address: BrokerAddress;
  readonly #receivers = new Set<Receive>();
  #ended = false;

  constructor(client: MqttClient, address: BrokerAddress, version: MqttVersion) {
    this.#client = client;
    this.#address = address;
    this.version = version;
    this.display = address.display;
    const limits = client.serverProperties;
    this.maxPacketBytes = Math.min(limits?.maximumPacketSize ?? MAX_OUTGOING_BYTES, MAX_OUTGOING_BYTES);
    this.maxInFlight = Math.max(1, Math.min(limits?.receiveMaximum ?? 16, 16));
    this.over = this.#watch();
  }

  get bufferedBytes(): number {
    return this.#client.stream.writableLength;
  }

  send(
    topic: string,
    payload: string | Buffer,
    options: SendOptions,
    acknowledged?: (error?: DetectdError) => void,
  ): void {
    if (acknowledged === undefined) {
      this.#client.publish(topic, payload, options);
      return;
    }
    this.#client.publish(topic, payload, options, (thrown) => {
      if (!thrown) return acknowledged();
      const code = reasonCode(thrown);
      if (code !== undefined) acknowledged(refusedError(code, this.#address, `topic ${topic}`));
    });
  }

  async subscribe(filters: string[], receive: Receive): Promise<void> {
    if (this.#receivers.size === 0)
      this.#client.on('message', (topic, payload, packet) => {
        for (const each of this.#receivers) each(topic, payload, packet.retain);
      });
    this.#receivers.add(receive);
    const agreed = this.#client.subscribeAsync(filters, { qos: 1 }).then(
      () => undefined,
      (thrown) => refusedSubscription(thrown, this.#address),
    );
    const lost = this.over.then((reason) => reason ?? closedError(true, this.#address));
    const error = await Promise.race([agreed, lost]);
    if (error) throw error;
  }

  unsubscribe(filters: string[]): void {
    this.#client.unsubscribe(filters, () => {});
  }

  end(): void {
    this.#ended = true;
    this.#client.end();
  }

  destroy(): void {
    this.#ended = true;
    this.#client.end(true);
    // After end() a second end() does nothing.
    this.#client.stream.destroy();
  }

  #watch(): Promise<DetectdError | undefined> {
    const client = this.#client;
    return new Promise((resolve) => {
      let reason: DetectdError | undefined;
      const done = (): void => {
        client.removeListener('error', failed);
        // mqtt.js does not pass on every error of the stream.
        const cause = (client.stream as { errored?: Error | null }).errored;
        if (cause && !isReset(cause)) reason ??= transportError(cause, this.#address);
        if (!this.#ended) client.end(true);
        resolve(this.#ended ? undefined : (reason ?? closedError(true, this.#address)));
      };
      const failed = (thrown: unknown): void => {
        const code = reasonCode(thrown);
        if (code !== undefined) reason ??= refusedError(code, this.#address);
        else if (!isReset(thrown)) reason ??= transportError(thrown, this.#address);
        // An error of the parser leaves the connection open.
        client.stream.destroy();
      };
      client.on('error', failed);
      client.on('disconnect', (packet) => {
        if (packet.reasonCode) reason ??= refusedError(packet.reasonCode, this.#address);
      });
      if (client.stream.destroyed) done();
      else client.once('close', done);
    });
  }
}

function refusedSubscription(thrown: unknown, address: BrokerAddress): DetectdError {
  const granted = (thrown as { packet?: { granted?: unknown[] } }).packet?.granted;
  const code = granted?.find((qos): qos is number => typeof qos === 'number' && qos >= 128);
  if (code === undefined) return transportError(thrown, address);
  // 128 is all that MQTT 3.1.1 says; it means the same as 135 here.
  return refusedError(code === 128 ? 135 : code, address, 'subscribing');
}

/** The MQTT reason code of an error of mqtt.js, if it carries one. */
export function reasonCode(thrown: unknown): number | undefined {
  const code = (thrown as { code?: unknown } | null)?.code;
  return typeof code === 'number' ? code : undefined;
}

/** The peer cut the connection without saying why. */
export function isReset(thrown: unknown): boolean {
  const code = (thrown as { code?: unknown } | null)?.code;
  return code === 'ECONNRESET' || code === 'EPIPE';
}
