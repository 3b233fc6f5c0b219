/**
 * A small MQTT 3.1.1 broker inside detectd, for a board or laptop without one. It asks for a password only
 * when it has one: its default address is loopback, and the configuration wants one for any other.
 * Everything a client could make grow is bounded.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import type { Aedes, AuthenticateError, Client } from 'aedes';
import type { Clock } from '../base/clock.js';
import { DetectdError, messageOf, systemCode } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { RepeatedFault } from '../base/repeated-fault.js';
import { HEALTHY, type Health, type Service } from '../core/service.js';
import { embeddedUrl } from './broker-address.js';
import { keepNoNumbers } from './packet-numbers.js';
import { PacketSizeGuard } from './packet-size-guard.js';

const MAX_CONNECTIONS = 128;
const MAX_PACKET_BYTES = 4 * 1024 * 1024;
const MAX_SUBSCRIPTIONS = 256;
const MAX_RETAINED_TOPICS = 4096;
const MAX_RETAINED_BYTES = 32 * 1024 * 1024;
/** CONNACK of MQTT 3.1.1: bad user name or password. */
const BAD_CREDENTIALS = 4;

export interface Credentials {
  username: string;
  password: string;
}

export interface EmbeddedBrokerOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** What every client must give. Default: nothing is asked for. */
  credentials?: Credentials;
  /** Hears of each message that a client publishes. */
  onPublish?: (topic: string) => void;
  clock: Clock;
  log: Logger;
}

export class EmbeddedBroker implements Service {
  readonly name = 'embedded broker';
  readonly #options: EmbeddedBrokerOptions;
  readonly #sockets = new Set<Socket>();
  readonly #retained = new Map<string, number>();
  readonly #faults: RepeatedFault;
  #retainedBytes = 0;
  #server: Server | undefined;
  #aedes: Aedes | undefined;
  #port = 0;

  constructor(options: EmbeddedBrokerOptions) {
    this.#options = options;
    this.#faults = new RepeatedFault({
      clock: options.clock,
      report: (key, detail, count) => options.log.warn({ reason: detail, count }, key),
    });
  }

  /** Address for clients on this machine, as in `mqtt://127.0.0.1:1883`; throws before the start. */
  get address(): string {
    if (!this.#server) throw new DetectdError('INTERNAL', 'The embedded broker is not started.');
    return embeddedUrl(this.#options.host, this.#port);
  }

  /** Listens. Rejects with PORT_TAKEN, or CONFIG_INVALID for an address that is not ours. */
  async start(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#server) return;
    // Loaded here, since whoever has a broker should not pay for this one.
    keepNoNumbers();
    const { Aedes } = await import('aedes');
    const aedes = new Aedes({
      drainTimeout: 10_000,
      maxInflightInbound: 16,
      maxClientsIdLength: 128,
      maxTopicLevels: 32,
      preConnect: (_client, packet, done) => {
        // A session that outlives its connection would collect messages without bound.
        packet.clean = true;
        done(null, true);
      },
      authenticate: (_client, username, password, done) => {
        if (this.#admits(username, password)) done(null, true);
        else done(refusedLogin(), false);
      },
      authorizeSubscribe: (client, subscription, done) => {
        const full = subscriptionsOf(client) >= MAX_SUBSCRIPTIONS;
        done(full ? new Error('too many subscriptions') : null, subscription);
      },
      authorizePublish: (_client, packet, done) => done(this.#refusal(packet)),
    });
    this.#aedes = aedes;
    aedes.on('clientError', (_client, error) => this.#note(error));
    aedes.on('connectionError', (_client, error) => this.#note(error));
    // Not in its types: storage errors, which would end the process without a listener.
    (aedes as NodeJS.EventEmitter).on('error', (error: unknown) => this.#note(error));
    const { onPublish } = this.#options;
    if (onPublish !== undefined)
      aedes.on('publish', ({ topic }, client) => {
        if (client !== null) onPublish(topic);
      });
    await aedes.listen();
    const server = createServer((socket) => this.#accept(aedes, socket));
    server.maxConnections = MAX_CONNECTIONS;
    this.#port = await listen(server, this.#options);
    this.#server = server;
    server.on('error', (error) => this.#note(error));
    server.on('drop', () => this.#faults.note('too many clients of the embedded broker'));
    this.#options.log.info({ address: this.address }, 'embedded MQTT broker listens');
  }

  health(): Health {
    return this.#server ? HEALTHY : { state: 'degraded', reason: 'not listening' };
  }

  async close(): Promise<void> {
    const server = this.#server;
    const aedes = this.#aedes;
    this.#server = undefined;
    this.#aedes = undefined;
    const closed = server && new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    if (aedes) await new Promise<void>((resolve) => aedes.close(resolve));
    await closed;
    this.#retained.clear();
    this.#retainedBytes = 0;
  }

  #accept(aedes: Aedes, socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.setNoDelay(true);
    const guard = new PacketSizeGuard(MAX_PACKET_BYTES);
    socket.on('data', (chunk: Buffer) => {
      if (!guard.accept(chunk)) socket.destroy(new Error('oversized packet'));
    });
    aedes.handle(socket);
  }

  #admits(username: string | undefined, password: Uint8Array | undefined): boolean {
    const { credentials } = this.#options;
    if (credentials === undefined) return true;
    // Both are compared whatever comes of the first, so that the time taken tells nothing.
    const known = sameSecret(username ?? '', credentials.username);
    return sameSecret(password ?? '', credentials.password) && known;
  }

  /** Why a message may not be published, and the bookkeeping of what is retained. */
  #refusal(packet: { topic: string; payload: Buffer | string; retain: boolean }): Error | null {
    if (packet.topic.startsWith('$')) return new Error('topics that start with $ are reserved');
    if (!packet.retain) return null;
    const bytes = packet.payload.length;
    const before = this.#retained.get(packet.topic);
    const total = this.#retainedBytes + bytes - (before ?? 0);
    const full = before === undefined && bytes > 0 && this.#retained.size >= MAX_RETAINED_TOPICS;
    if (full || total > MAX_RETAINED_BYTES) return new Error('too much is retained');
    this.#retainedBytes = total;
    if (bytes === 0) this.#retained.delete(packet.topic);
    else this.#retained.set(packet.topic, bytes);
    return null;
  }

  #note(error: unknown): void {
    const text = messageOf(error);
    // A client that is simply gone is everyday life.
    if (/ECONNRESET|EPIPE/.test(text)) return;
    this.#faults.note('a client of the embedded broker was cut off', text);
  }
}

function refusedLogin(): AuthenticateError {
  return Object.assign(new Error('wrong user name or password'), { returnCode: BAD_CREDENTIALS });
}

/** Digests have one length, as the comparison in constant time wants. */
function sameSecret(given: string | Uint8Array, wanted: string): boolean {
  const digest = (value: string | Uint8Array) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

function subscriptionsOf(client: Client): number {
  // Not in its types.
  const { subscriptions } = client as { subscriptions?: object };
  return subscriptions === undefined ? 0 : Object.keys(subscriptions).length;
}

function listen(server: Server, { host, port }: EmbeddedBrokerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, host, port)));
    server.listen({ host, port }, () => {
      server.removeAllListeners('error');
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

function listenError(error: Error, host: string, port: number): DetectdError {
  if (systemCode(error) === 'EADDRINUSE') {
    return new DetectdError(
      'PORT_TAKEN',
      `The embedded MQTT broker cannot listen on ${host}:${port}, which is taken.`,
      `Set mqtt.embedded.port to another port, or use what runs there: mqtt.broker: mqtt://${host}:${port}.`,
      { cause: error },
    );
  }
  return new DetectdError(
    'CONFIG_INVALID',
    `The embedded MQTT broker cannot listen on ${host}:${port} (${systemCode(error) ?? error.message}).`,
    'Set mqtt.embedded.host to an address of this machine and mqtt.embedded.port to one above 1023.',
    { cause: error },
  );
}
