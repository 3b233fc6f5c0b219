/**
 * PUBLISH packets, for many messages of one topic: all but the payload and the number of the packet is made once. mqtt.js makes every packet from
 * its properties again and writes it in a dozen pieces, which is most of what a message costs. Pure.
 */
/** What MQTT 5 says beside a message. */
export interface MessageProperties {
  /** Seconds after which the broker forgets the message. */
  messageExpiryInterval?: number;
  contentType?: string;
  payloadFormatIndicator?: boolean;
  userProperties?: Record<string, string | string[]>;
  /** As the requester gave it, for a reply. */
  correlationData?: Buffer;
}

/** Identifiers of properties, MQTT 5 section 2.2.2.2. */
const PAYLOAD_FORMAT = 0x01;
const EXPIRY = 0x02;
const CONTENT_TYPE = 0x03;
const CORRELATION_DATA = 0x09;
const TOPIC_ALIAS = 0x23;
const USER_PROPERTY = 0x26;

const PUBLISH = 0x30;
const RETAIN = 0x01;
const QOS_1 = 0x02;

export interface MoldOptions {
  version: '5' | '3.1.1';
  /** Empty where the broker knows it by its alias. */
  topic: string;
  /** MQTT 5. */
  alias?: number;
  send: { qos: 0 | 1; retain: boolean; properties?: MessageProperties };
}

export class PacketMold {
  readonly #first: number;
  readonly #qos: 0 | 1;
  readonly #topic: Buffer;
  /** Between the number of the packet, if it has one, and the payload. */
  readonly #properties: Buffer;

  constructor({ version, topic, alias, send }: MoldOptions) {
    this.#qos = send.qos;
    this.#first = PUBLISH | (send.qos === 1 ? QOS_1 : 0) | (send.retain ? RETAIN : 0);
    this.#topic = text(topic);
    if (version === '5') {
      const properties = Buffer.concat(propertyParts(send.properties ?? {}, alias));
      this.#properties = Buffer.concat([length(properties.length), properties]);
    } else this.#properties = Buffer.alloc(0);
  }

  /** Bytes of a packet beside its payload of that size. */
  bytesAround(payloadBytes: number): number {
    const rest = this.#restBytes(payloadBytes);
    return 1 + lengthBytes(rest) + rest - payloadBytes;
  }

  /**
   * Writes a packet and returns where it ends.
   * @param size of the payload, in bytes
   * @param id number of the packet, only of QoS 1: 1 to 65535
   */
  write(into: Buffer, start: number, payload: string | Buffer, size: number, id = 0): number {
    into[start] = this.#first;
    let at = writeLength(into, start + 1, this.#restBytes(size));
    into.set(this.#topic, at);
    at += this.#topic.length;
    if (this.#qos === 1) {
      into[at] = id >> 8;
      into[at + 1] = id & 0xff;
      at += 2;
    }
    into.set(this.#properties, at);
    at += this.#properties.length;
    if (typeof payload === 'string') into.write(payload, at);
    else into.set(payload, at);
    return at + size;
  }

  #restBytes(payloadBytes: number): number {
    return this.#topic.length + (this.#qos === 1 ? 2 : 0) + this.#properties.length + payloadBytes;
  }
}

function propertyParts(properties: MessageProperties, alias: number | undefined): Buffer[] {
  const { messageExpiryInterval, contentType, payloadFormatIndicator, userProperties, correlationData } =
    properties;
  const parts: Buffer[] = [];
  if (payloadFormatIndicator !== undefined)
    parts.push(Buffer.from([PAYLOAD_FORMAT, payloadFormatIndicator ? 1 : 0]));
  if (messageExpiryInterval !== undefined) {
    const part = Buffer.from([EXPIRY, 0, 0, 0, 0]);
    part.writeUInt32BE(messageExpiryInterval, 1);
    parts.push(part);
  }
  if (contentType !== undefined) parts.push(Buffer.from([CONTENT_TYPE]), text(contentType));
  if (correlationData !== undefined) parts.push(Buffer.from([CORRELATION_DATA]), sized(correlationData));
  if (alias !== undefined) parts.push(Buffer.from([TOPIC_ALIAS, alias >> 8, alias & 0xff]));
  for (const [name, values] of Object.entries(userProperties ?? {}))
    for (const value of [values].flat()) parts.push(Buffer.from([USER_PROPERTY]), text(name), text(value));
  return parts;
}

function text(value: string): Buffer {
  return sized(Buffer.from(value));
}

function sized(bytes: Buffer): Buffer {
  const size = Buffer.alloc(2);
  size.writeUInt16BE(bytes.length);
  return Buffer.concat([size, bytes]);
}

function length(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  return bytes.subarray(0, writeLength(bytes, 0, value));
}

/** How many bytes a variable byte integer takes. */
function lengthBytes(value: number): number {
  return value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 4;
}

/** Variable byte integer; returns where it ends. */
function writeLength(bytes: Buffer, at: number, value: number): number {
  let left = value;
  let end = at;
  do {
    bytes[end] = (left & 0x7f) | (left > 0x7f ? 0x80 : 0);
    left >>>= 7;
    end += 1;
  } while (left > 0);
  return end;
}
