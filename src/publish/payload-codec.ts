/**
 * The form in which payloads travel, JSON text or CBOR, and what MQTT 5 says beside each kind of them. Readers take
 * either form, told apart by its first byte, whatever this device is set to.
 */
import { createRequire } from 'node:module';
import type { MqttConfig } from '../config/schema.js';
import type { SendOptions } from './broker-connection.js';
import { isPlainCbor } from './cbor-guard.js';
import { SCHEMA_VERSION } from './payloads.js';

type CborLibrary = typeof import('cbor-x');

/** 32 bits where they hold a number to 7 digits, which sizes, shares and temperatures are; read back as it was. */
const CBOR = { useRecords: false, mapsAsObjects: true, variableMapSize: true, useFloat32: 4 } as const;

export interface MessageTraits {
  qos: 0 | 1;
  retain: boolean;
  /** After this the broker forgets the message. Undefined: never. */
  expiryS?: number;
  /** The topic is told once for each connection where the broker goes along. Only with QoS 0. */
  alias?: boolean;
}

export class PayloadCodec {
  readonly #cbor: boolean;
  readonly #told: boolean;

  constructor({ format, user_properties }: Pick<MqttConfig, 'format' | 'user_properties'>) {
    this.#cbor = format === 'cbor';
    this.#told = user_properties;
  }

  /** `payload` is an object, or JSON text that was made of one before. */
  encode(payload: object | string): string | Buffer {
    if (!this.#cbor) return typeof payload === 'string' ? payload : JSON.stringify(payload);
    if (typeof payload === 'string') return encoder().encode(JSON.parse(payload));
    return encoder().encode(isPlain(payload) ? payload : JSON.parse(JSON.stringify(payload)));
  }

  /**
   * How each message of one kind is sent: `schema` is its name in config/schemas. To be made once and used for all of
   * them, which are then told apart from others by nothing that is made for each.
   */
  sendOptions(schema: string, { qos, retain, expiryS, alias }: MessageTraits): SendOptions {
    const properties = {
      ...(expiryS === undefined ? {} : { messageExpiryInterval: expiryS }),
      ...(this.#told ? this.#tell(schema) : {}),
    };
    return {
      ...{ qos, retain },
      ...(Object.keys(properties).length === 0 ? {} : { properties }),
      ...(alias && qos === 0 ? { alias } : {}),
    };
  }

  /** The same for messages in the form of another system, which are JSON whatever this device is set to. */
  foreignOptions({ qos, retain, expiryS }: Omit<MessageTraits, 'alias'>): SendOptions {
    const properties = {
      ...(expiryS === undefined ? {} : { messageExpiryInterval: expiryS }),
      ...(this.#told ? { contentType: 'application/json', payloadFormatIndicator: true } : {}),
    };
    return { qos, retain, ...(Object.keys(properties).length === 0 ? {} : { properties }) };
  }

  #tell(schema: string) {
    return {
      contentType: this.#cbor ? 'application/cbor' : 'application/json',
      // "UTF-8 text", which CBOR is not.
      ...(this.#cbor ? {} : { payloadFormatIndicator: true }),
      userProperties: { schema: `${schema}/${SCHEMA_VERSION}` },
    };
  }
}

/** What a payload in either form says. Throws a SyntaxError for anything else; bytes may be anybody's. */
export function decodePayload(bytes: Buffer): unknown {
  if (!isCborMap(bytes)) return JSON.parse(bytes.toString());
  if (!isPlainCbor(bytes)) throw new SyntaxError('This is no CBOR, or more than JSON could say.');
  return decoder().decode(bytes);
}

/** The same payload as JSON text. Bytes that are not CBOR, or bad CBOR, are returned as they are. */
export function asJson(bytes: Buffer): Buffer {
  if (!isCborMap(bytes)) return bytes;
  try {
    return Buffer.from(JSON.stringify(decodePayload(bytes)));
  } catch {
    return bytes;
  }
}

/** JSON text never begins with such a byte. */
function isCborMap(bytes: Buffer): boolean {
  return ((bytes[0] ?? 0) & 0xe0) === 0xa0;
}

/** Whether JSON says all of it as it stands. */
function isPlain(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isPlain);
  if (typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const name in value) if (!isPlain(Reflect.get(value, name))) return false;
  return true;
}

let library: CborLibrary | undefined;
let encoding: InstanceType<CborLibrary['Encoder']> | undefined;
let decoding: InstanceType<CborLibrary['Decoder']> | undefined;

/** Two megabytes that most devices never need. This form of it loads nothing native and compiles nothing. */
function cbor(): CborLibrary {
  library ??= createRequire(import.meta.url)('cbor-x/index-no-eval') as CborLibrary;
  return library;
}

function encoder(): InstanceType<CborLibrary['Encoder']> {
  encoding ??= new (cbor().Encoder)(CBOR);
  return encoding;
}

function decoder(): InstanceType<CborLibrary['Decoder']> {
  decoding ??= new (cbor().Decoder)(CBOR);
  return decoding;
}
