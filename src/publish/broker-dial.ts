/** One attempt to reach a broker: from its address and the TLS files to a connection or the reason why not. */
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import type { Clock } from '../base/clock.js';
import type { DetectdError } from '../base/errors.js';
import type { MqttConfig } from '../config/schema.js';
import { type BrokerAddress, parseBrokerAddress } from './broker-address.js';
import {
  type BrokerConnection,
  isReset,
  MAX_ALIASES,
  MqttJsConnection,
  type MqttVersion,
  reasonCode,
  type SendOptions,
} from './broker-connection.js';
import {
  closedError,
  handshakeError,
  refusedError,
  refusesVersion,
  silentError,
  transportError,
} from './broker-errors.js';
import { IncomingBytes } from './incoming-bytes.js';
import { keepNoNumbers } from './packet-numbers.js';
import { takeAllRefusals } from './puback-codes.js';
import { readTlsFiles } from './tls-files.js';

/** Nothing that detectd subscribes to comes near this. */
const MAX_INCOMING_BYTES = 4 * 1024 * 1024;

/** A retained message of QoS 1 that the broker sends when the connection breaks. */
export interface Will {
  topic: string;
  payload: string | Buffer;
  properties?: NonNullable<SendOptions['properties']>;
}

export interface DialOptions {
  config: MqttConfig;
  /** Where the broker is; see brokerUrls(). */
  url: string;
  clientId: string;
  version: MqttVersion;
  will?: Will;
  /** The broker keeps what is sent to this client for so long while it is away. Default: it forgets the client at once. */
  sessionExpiryS?: number;
  timeoutMs: number;
  clock: Clock;
  signal?: AbortSignal;
}

export type Dialled =
  | { ok: true; connection: BrokerConnection }
  | {
      ok: false;
      error: DetectdError;
      /** `refused`: another version is needed. `unanswered`: closed without a word, which old brokers do. */
      version: 'refused' | 'unanswered' | 'accepted';
    };

/** One attempt with one MQTT version. TLS files are read now, so that renewed ones count. Never rejects. */
export async function dial(options: DialOptions): Promise<Dialled> {
  let address: BrokerAddress;
  let settings: IClientOptions;
  try {
    address = parseBrokerAddress(options.url);
    settings = clientOptions(options, address, address.tls ? await readTlsFiles(options.config) : {});
  } catch (error) {
    return { ok: false, error: error as DetectdError, version: 'accepted' };
  }
  if (options.signal?.aborted) {
    return { ok: false, error: closedError(false, address), version: 'accepted' };
  }
  keepNoNumbers();
  takeAllRefusals();
  return attempt(options, address, settings);
}

function attempt(options: DialOptions, address: BrokerAddress, settings: IClientOptions): Promise<Dialled> {
  return new Promise((resolve) => {
    let client: MqttClient;
    try {
      client = connect(settings);
    } catch (thrown) {
      resolve({ ok: false, error: transportError(thrown, address), version: 'accepted' });
      return;
    }
    const incoming = new IncomingBytes(MAX_INCOMING_BYTES);
    // A WebSocket does not tell; there the errors of TLS have to do.
    let agreed = address.scheme !== 'mqtts';
    client.stream.once('secureConnect', () => {
      agreed = true;
    });
    const finish = (result: Dialled): void => {
      timer.cancel();
      options.signal?.removeEventListener('abort', abort);
      client.off('error', failed);
      client.off('close', closed);
      client.off('connect', connected);
      client.stream.off('error', failed);
      if (!result.ok) client.end(true);
      resolve(result);
    };
    const failed = (thrown: unknown): void => {
      const code = reasonCode(thrown);
      const error = code === undefined ? transportError(thrown, address) : refusedError(code, address);
      const reset = error.code === 'MQTT_UNREACHABLE' && isReset(thrown);
      if (reset) closed();
      else finish({ ok: false, error, version: refusesVersion(code) ? 'refused' : 'accepted' });
    };
    const closed = (): void => {
      if (agreed) finish({ ok: false, error: closedError(false, address), version: 'unanswered' });
      else finish({ ok: false, error: handshakeError(address), version: 'accepted' });
    };
    const abort = (): void => finish({ ok: false, error: closedError(false, address), version: 'accepted' });
    const connected = (): void => {
      const connection = new MqttJsConnection(client, address, options.version, incoming);
      finish({ ok: true, connection });
    };
    const timer = options.clock.after(options.timeoutMs, () => {
      finish({ ok: false, error: silentError(options.timeoutMs, address), version: 'accepted' });
    });
    options.signal?.addEventListener('abort', abort, { once: true });
    client.on('error', failed);
    client.on('close', closed);
    client.on('connect', connected);
    // mqtt.js swallows stream errors without a code, such as a WebSocket answered with 404.
    client.stream.on('error', failed);
    incoming.watch(client);
    // mqtt.js makes a table for as many aliases as the broker offers, and that may be 65,535.
    client.on('packetreceive', (packet) => {
      if (packet.cmd !== 'connack' || packet.properties === undefined) return;
      const offered = packet.properties.topicAliasMaximum ?? 0;
      if (offered > MAX_ALIASES) packet.properties.topicAliasMaximum = MAX_ALIASES;
    });
  });
}

function clientOptions(options: DialOptions, address: BrokerAddress, tls: object): IClientOptions {
  const { config, will, sessionExpiryS = 0 } = options;
  const five = options.version === '5';
  const session = sessionExpiryS === 0 ? {} : { sessionExpiryInterval: sessionExpiryS };
  return {
    ...tls,
    protocol: address.scheme,
    // A WebSocket address is put together again from its parts, a socket wants the bare host.
    host: address.scheme.startsWith('ws') && address.host.includes(':') ? `[${address.host}]` : address.host,
    port: address.port,
    ...(address.scheme.startsWith('ws') ? { path: address.path } : {}),
    protocolId: 'MQTT',
    protocolVersion: five ? 5 : 4,
    clientId: options.clientId,
    // MQTT 3.1.1 knows no time: the broker's own limit counts.
    clean: sessionExpiryS === 0,
    keepalive: config.keepalive_s,
    connectTimeout: options.timeoutMs + 5000,
    reconnectPeriod: 0,
    queueQoSZero: false,
    resubscribe: false,
    ...(config.username === undefined ? {} : { username: config.username }),
    ...(config.password === undefined ? {} : { password: config.password }),
    ...(five ? { properties: { maximumPacketSize: MAX_INCOMING_BYTES, ...session } } : {}),
    ...(will === undefined
      ? {}
      : { will: { ...will, payload: Buffer.from(will.payload as string), qos: 1, retain: true } }),
  };
}
