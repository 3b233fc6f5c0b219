/**
 * One established connection to a broker, until its end; there is no second life in it. Whoever wants
 * another one dials again. Keeps mqtt.js, its queues and its reconnecting out of everything else.
 */
import { TLSSocket } from 'node:tls';
import type { IPublishPacket, MqttClient } from 'mqtt';
import type { Clock, Timer } from '../base/clock.js';
import type { DetectdError } from '../base/errors.js';
import type { BrokerAddress } from './broker-address.js';
import { closedError, refusedError, transportError } from './broker-errors.js';
import { type IncomingBytes, readAcknowledgements } from './incoming-bytes.js';
import { OutgoingBytes } from './outgoing-bytes.js';
import { type MessageProperties, PacketMold } from './packet-mold.js';

export type MqttVersion = '5' | '3.1.1';

/** Largest message sent, where the broker does not set a lower limit. */
const MAX_OUTGOING_BYTES = 4 * 1024 * 1024;

export interface SendOptions {
  qos: 0 | 1;
  retain: boolean;
  /** Of MQTT 5; not sent with 3.1.1. One object may serve many messages; see payload-codec.ts. */
  properties?: MessageProperties;
  /** The topic is told once for each connection where the broker goes along. Only with QoS 0. */
  alias?: boolean;
}

/** What stood beside a message that was received. Properties are those of MQTT 5, and anybody's word. */
export interface PacketFacts {
  /** The broker had it from before the subscription. */
  retained: boolean;
  properties?: {
    responseTopic?: string;
    correlationData?: Buffer;
    contentType?: string;
    /** Where one name stands several times, all its values. */
    userProperties?: Record<string, string | string[]>;
  };
}

/** The payload is the receiver's to keep. */
export type Receive = (topic: string, payload: Buffer, packet: PacketFacts) => void;

/** Messages that come before anybody has subscribed: what the broker kept for this session. */
const MAX_EARLY = 1000;
const MAX_EARLY_BYTES = 4 * 1024 * 1024;
/** Topics that are told once and then by number: more than cameras have. */
export const MAX_ALIASES = 256;
/** Reason codes from here on are refusals, MQTT 5 section 2.4. */
const REFUSED = 0x80;
/** Topics whose packets are half made; others are made anew each time. */
const MAX_MOLDS = 4096;
/** Unacknowledged messages; more would not make it faster. */
const MAX_IN_FLIGHT = 128;

export interface BrokerConnection {
  readonly version: MqttVersion;
  /** Address for logs. */
  readonly display: string;
  /** Largest message that the broker takes, topic and header included. */
  readonly maxPacketBytes: number;
  /** Messages of QoS 1 that the broker takes before it has acknowledged the first. */
  readonly maxInFlight: number;
  /** Messages of QoS 1 that were sent and not acknowledged yet, whoever sent them. */
  readonly inFlight: number;
  /** Bytes that were sent but not yet taken by the system. */
  readonly bufferedBytes: number;
  /** When the certificate that the broker showed ends, wall time; undefined without TLS or where it is not known. */
  readonly certificateEndsMs: number | undefined;
  /** Resolves once, when the connection is over; with its reason unless `end` or `destroy` was called. */
  readonly over: Promise<DetectdError | undefined>;
  /**
   * Sends; with QoS 1, `acknowledged` is called when the broker has it or refuses it, unless the connection ends. `name` is
   * what the message is known by when it is sent again; its topic without it.
   */
  send(
    topic: string,
    payload: string | Buffer,
    options: SendOptions,
    acknowledged?: (error?: DetectdError) => void,
    name?: string,
  ): void;
  /** Whether the broker is known to take no message of that size on this topic. */
  tooLarge?(topic: string, payload: string | Buffer): boolean;
  /** The broker has read all that was sent before. */
  ping(answered: () => void): void;
  /** Has `room` called after each acknowledgement, when there is room for another message of QoS 1; the first asks first. */
  whenRoom(room: () => void): void;
  /**
   * Subscribes with QoS 1; resolves when the broker agreed. Rejects with MQTT_REFUSED or when the connection ends.
   * `receive` gets whatever comes from then on, and each message once, however often it is given. The first one that is
   * given also gets what came before.
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

/** Room for an MQTT header without its topic, and for what is told beside a message. */
const HEADER_BYTES = 420;

/** Whether a message surely stays below what the broker takes; UTF-8 needs at most 3 bytes per code unit. */
export function fitsPacket(topic: string, payload: string | Buffer, connection: BrokerConnection): boolean {
  const room = connection.maxPacketBytes - HEADER_BYTES - topic.length * 3;
  if (payload.length * 3 > room && Buffer.byteLength(payload) > room) return false;
  return !connection.tooLarge?.(topic, payload);
}

interface Unacknowledged {
  topic: string;
  acknowledged: ((error?: DetectdError) => void) | undefined;
}

/** How messages of a topic are sent. */
interface Molded {
  /** What it was made of, which is the same for all messages of a topic. */
  of: SendOptions;
  alias: number | undefined;
  mold: PacketMold;
}

export class MqttJsConnection implements BrokerConnection {
  readonly version: MqttVersion;
  readonly display: string;
  readonly maxPacketBytes: number;
  readonly maxInFlight: number;
  readonly certificateEndsMs: number | undefined;
  readonly over: Promise<DetectdError | undefined>;
  readonly #client: MqttClient;
  readonly #address: BrokerAddress;
  readonly #receivers = new Set<Receive>();
  readonly #molds = new Map<string, Molded>();
  #aliases = 0;
  readonly #maxAliases: number;
  readonly #rooms: (() => void)[] = [];
  #pings: (() => void)[] = [];
  #early: Parameters<Receive>[] = [];
  #earlyBytes = 0;
  /** By the number of their packets. */
  readonly #unacknowledged = new Map<number, Unacknowledged>();
  readonly #outgoing: OutgoingBytes;
  #ended = false;

  constructor(client: MqttClient, address: BrokerAddress, version: MqttVersion, incoming: IncomingBytes) {
    this.#client = client;
    this.#outgoing = new OutgoingBytes((piece) => void client.stream.write(piece));
    this.#address = address;
    this.version = version;
    this.display = address.display;
    const limits = client.serverProperties;
    this.#maxAliases = version === '5' ? Math.min(limits?.topicAliasMaximum ?? 0, MAX_ALIASES) : 0;
    this.maxPacketBytes = Math.min(limits?.maximumPacketSize ?? MAX_OUTGOING_BYTES, MAX_OUTGOING_BYTES);
    this.maxInFlight = Math.max(1, Math.min(limits?.receiveMaximum ?? MAX_IN_FLIGHT, MAX_IN_FLIGHT));
    // What the broker kept comes right behind its answer.
    client.on('message', (topic, payload, packet) => this.#take(topic, payload, packet));
    client.on('packetreceive', (packet) => {
      if (packet.cmd === 'puback') {
        this.#acknowledge(packet.messageId ?? 0, packet.reasonCode ?? 0);
        this.#tellRoom();
      }
      if (packet.cmd === 'pingresp') for (const answered of this.#pings.splice(0)) answered();
    });
    incoming.use((chunk) => this.#takeAcknowledgements(chunk));
    this.certificateEndsMs = certificateEnd(client.stream);
    this.over = this.#watch();
  }

  get inFlight(): number {
    return this.#unacknowledged.size;
  }

  get bufferedBytes(): number {
    return this.#client.stream.writableLength + this.#outgoing.bytes;
  }

  send(
    topic: string,
    payload: string | Buffer,
    options: SendOptions,
    acknowledged?: (error?: DetectdError) => void,
  ): void {
    const client = this.#client;
    if (!client.connected || this.#ended) return;
    const mold = this.#moldOf(topic, options);
    if (options.qos === 0) {
      this.#outgoing.add(mold, payload);
      acknowledged?.();
      return;
    }
    const id = this.#freeId();
    this.#unacknowledged.set(id, { topic, acknowledged });
    this.#outgoing.add(mold, payload, id);
  }

  /** Out of the numbers that mqtt.js uses for its own packets, too. Far more are free than may be under way. */
  #freeId(): number {
    let id: number | null;
    do id = this.#client.messageIdProvider.allocate();
    while (id === null || this.#unacknowledged.has(id));
    return id;
  }

  #takeAcknowledgements(chunk: Buffer): number {
    const taken = readAcknowledgements(chunk, this.version, (id, code) => this.#acknowledge(id, code));
    if (taken === 0) return 0;
    // The library counts from what it hears itself.
    this.#client.reschedulePing();
    this.#tellRoom();
    return taken;
  }

  #acknowledge(id: number, code: number): void {
    const waiting = this.#unacknowledged.get(id);
    // Of nobody.
    if (waiting === undefined) return;
    this.#unacknowledged.delete(id);
    this.#client.messageIdProvider.deallocate(id);
    const { topic, acknowledged } = waiting;
    const refused = code >= REFUSED ? refusedError(code, this.#address, `topic ${topic}`) : undefined;
    acknowledged?.(refused);
  }

  #tellRoom(): void {
    for (const room of this.#rooms) if (this.inFlight < this.maxInFlight) room();
  }

  #moldOf(topic: string, options: SendOptions): PacketMold {
    const known = this.#molds.get(topic);
    if (known?.of === options) return known.mold;
    const { version } = this;
    const { properties } = options;
    const send = {
      qos: options.qos,
      retain: options.retain,
      ...(properties === undefined ? {} : { properties }),
    };
    let alias = known?.alias;
    const mayName =
      alias === undefined && options.qos === 0 && options.alias && this.#aliases < this.#maxAliases;
    if (mayName) alias = ++this.#aliases;
    // The broker knows the topic by its alias from the first message on.
    const byAlias = alias === undefined || options.qos === 1 || !options.alias ? {} : { alias };
    const whole = new PacketMold({ version, topic, send, ...byAlias });
    const short =
      byAlias.alias === undefined ? whole : new PacketMold({ version, topic: '', send, ...byAlias });
    if (known !== undefined || this.#molds.size < MAX_MOLDS)
      this.#molds.set(topic, { of: options, alias, mold: short });
    return known?.alias === undefined ? whole : short;
  }

  /** Also answered by the answer to an earlier ping, of keeping alive, that was under way. */
  ping(answered: () => void): void {
    this.#outgoing.flush();
    this.#pings.push(answered);
    this.#client.sendPing();
  }

  whenRoom(room: () => void): void {
    this.#rooms.push(room);
  }

  async subscribe(filters: string[], receive: Receive): Promise<void> {
    this.#receivers.add(receive);
    for (const early of this.#early.splice(0)) receive(...early);
    this.#earlyBytes = 0;
    this.#outgoing.flush();
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
    this.#outgoing.flush();
    this.#ended = true;
    this.#client.end();
  }

  destroy(): void {
    this.#outgoing.clear();
    this.#ended = true;
    this.#client.end(true);
    // After end() a second end() does nothing.
    this.#client.stream.destroy();
  }

  #take(topic: string, payload: Buffer, { retain, properties }: IPublishPacket): void {
    const facts: PacketFacts = { retained: retain, ...(properties === undefined ? {} : { properties }) };
    for (const receive of this.#receivers) receive(topic, payload, facts);
    if (this.#receivers.size > 0 || this.#early.length >= MAX_EARLY) return;
    this.#earlyBytes += topic.length + payload.length;
    if (this.#earlyBytes <= MAX_EARLY_BYTES) this.#early.push([topic, payload, facts]);
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
        this.#outgoing.clear();
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

/** A WebSocket does not lend its socket. */
function certificateEnd(stream: object): number | undefined {
  const { valid_to: end } = stream instanceof TLSSocket ? stream.getPeerCertificate() : {};
  return end === undefined ? undefined : Date.parse(end);
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
