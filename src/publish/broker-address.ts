/** Where the broker is: the configuration's address taken apart, and its form for logs. */
import { DetectdError } from '../base/errors.js';
import type { MqttConfig } from '../config/schema.js';

const PORTS = { mqtt: 1883, mqtts: 8883, ws: 80, wss: 443 } as const;

export type BrokerScheme = keyof typeof PORTS;

export interface BrokerAddress {
  scheme: BrokerScheme;
  /** IPv6 addresses without brackets. */
  host: string;
  port: number;
  /** Path and query of a WebSocket; '/' otherwise. */
  path: string;
  tls: boolean;
  /** For logs and messages; never holds credentials. */
  display: string;
}

/** Addresses of brokers in the order in which they are tried; that of the embedded broker when it is used. */
export function brokerUrls(config: MqttConfig): string[] {
  const { broker, embedded } = config;
  return broker === 'embedded' ? [embeddedUrl(embedded.host, embedded.port)] : [broker].flat();
}

/** How a client on this machine reaches a broker that listens on `host`. */
export function embeddedUrl(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `mqtt://${bracketed(reachable)}:${port}`;
}

/** Takes an address apart. Throws CONFIG_INVALID; the message holds no credentials. */
export function parseBrokerAddress(url: string): BrokerAddress {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw invalid('The address of the MQTT broker cannot be read.');
  }
  const scheme = parsed.protocol.slice(0, -1);
  if (!isScheme(scheme) || parsed.hostname === '') {
    throw invalid('The address of the MQTT broker is not one of mqtt, mqtts, ws or wss with a host.');
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new DetectdError(
      'CONFIG_INVALID',
      'The address of the MQTT broker holds credentials.',
      'Put them into mqtt.username and mqtt.password, where they are kept out of logs.',
    );
  }
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = parsed.port === '' ? PORTS[scheme] : Number(parsed.port);
  const socket = scheme === 'ws' || scheme === 'wss';
  const path = socket ? `${parsed.pathname || '/'}${parsed.search}` : '/';
  return {
    scheme,
    host,
    port,
    path,
    tls: scheme === 'mqtts' || scheme === 'wss',
    // A query may carry a token.
    display: `${scheme}://${bracketed(host)}:${port}${socket ? parsed.pathname : ''}`,
  };
}

/** An address for messages; of one that cannot be read nothing is shown. */
export function shownAddress(url: string): string {
  try {
    return parseBrokerAddress(url).display;
  } catch {
    return 'an address that cannot be read';
  }
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function isScheme(scheme: string): scheme is BrokerScheme {
  return Object.hasOwn(PORTS, scheme);
}

function invalid(message: string): DetectdError {
  return new DetectdError(
    'CONFIG_INVALID',
    message,
    'Write mqtt.broker as in mqtt://host:1883, mqtts://host:8883 or wss://host/path.',
  );
}
