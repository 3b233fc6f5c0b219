/**
 * One request to a web server, directly or through the proxy of the environment, with Node's own client: a library of its own
 * would cost the supervising process sixteen megabytes. Follows nothing, unpacks nothing, keeps no connection.
 */
import { readFile } from 'node:fs/promises';
import {
  type ClientRequest,
  type IncomingMessage,
  request as plainRequest,
  type RequestOptions,
} from 'node:http';
import { request as secureRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { connect as secureConnect } from 'node:tls';
import { basicLogin } from './http-address.js';
import { proxyFor } from './http-proxy.js';

export interface HttpAnswer {
  status: number;
  /** By name in lower case; the first of several. */
  headers: Record<string, string | undefined>;
  /** Rejects when the connection ends early, and with the reason of the signal. */
  body: AsyncIterable<Buffer>;
  /** Ends the connection. */
  drop(): void;
}

/** The proxy does not connect to the server. */
export class ProxyRefusal extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`the proxy answers ${status}`);
    this.name = 'ProxyRefusal';
    this.status = status;
  }
}

/** The system's store of authorities, which sites add their own to; Node's own list does not know these. */
const SYSTEM_AUTHORITIES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
];
/** Bytes that may wait to be taken; beyond that the connection is not read. */
const AHEAD_BYTES = 1 << 18;

/**
 * Rejects with errors of the system, of TLS and of the parser, with ProxyRefusal, with UPDATE_FETCH for a proxy that is no
 * address, and with the reason of the signal.
 */
export async function httpGet(
  url: URL,
  headers: Record<string, string>,
  { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<HttpAnswer> {
  const proxy = proxyFor(url, env);
  const secure = url.protocol === 'https:';
  const authorities = secure || proxy?.protocol === 'https:' ? await trustedAuthorities(env) : undefined;
  const tls = authorities === undefined ? {} : { ca: authorities };
  const host = bareHost(url);
  const options: RequestOptions = {
    host,
    port: portOf(url),
    path: `${url.pathname}${url.search}`,
    headers: { host: url.host, ...headers },
    agent: false,
    ...(secure ? tls : {}),
  };
  if (proxy !== undefined) {
    const tunnel = await tunnelled(proxy, url, tls, signal);
    const socket = secure ? secureConnect({ ...tls, socket: tunnel, ...serverName(host) }) : tunnel;
    options.createConnection = () => socket;
  }
  const request = secure ? secureRequest(options) : plainRequest(options);
  const response = await answered(request, signal, 'response');
  const cut = (): void => void response.destroy(signal.reason as Error);
  signal.addEventListener('abort', cut, { once: true });
  response.once('close', () => signal.removeEventListener('abort', cut));
  const first = Object.entries(response.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value[0] : value,
  ]);
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(first),
    body: arrivals(response),
    drop: () => {
      response.destroy();
      request.destroy();
    },
  };
}

/** A connection to the server of `url` that the proxy has made. */
async function tunnelled(proxy: URL, url: URL, tls: object, signal: AbortSignal): Promise<Socket> {
  const target = `${url.hostname}:${portOf(url)}`;
  const login = basicLogin(proxy);
  const options: RequestOptions = {
    host: bareHost(proxy),
    port: portOf(proxy),
    method: 'CONNECT',
    path: target,
    headers: { host: target, ...(login === undefined ? {} : { 'proxy-authorization': login }) },
    agent: false,
  };
  const request = proxy.protocol === 'https:' ? secureRequest({ ...options, ...tls }) : plainRequest(options);
  const response = await answered(request, signal, 'connect');
  const { socket, statusCode = 0 } = response;
  // Nobody else listens until TLS or HTTP takes it over.
  socket.on('error', () => undefined);
  if (statusCode === 200 && !signal.aborted) return socket;
  socket.destroy();
  signal.throwIfAborted();
  throw new ProxyRefusal(statusCode);
}

/** The answer of the server, or of a proxy that was asked to connect, as the event names it. */
function answered(
  request: ClientRequest,
  signal: AbortSignal,
  event: 'response' | 'connect',
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const cut = (): void => void request.destroy(signal.reason as Error);
    const done = (): void => signal.removeEventListener('abort', cut);
    signal.addEventListener('abort', cut, { once: true });
    request.once(event, (response: IncomingMessage) => {
      done();
      resolve(response);
    });
    request.on('error', (error) => {
      done();
      reject(error);
    });
    if (signal.aborted) cut();
    request.end();
  });
}

/** What comes of a body. A stream that fails drops what it holds; here that comes first, and the failure behind it. */
function arrivals(body: Readable): AsyncIterable<Buffer> {
  const queue: Buffer[] = [];
  let queued = 0;
  let ending: { error?: unknown } | undefined;
  let wake = (): void => undefined;
  const end = (how: { error?: unknown }): void => {
    ending ??= how;
    wake();
  };
  body.on('data', (piece: Buffer) => {
    queue.push(piece);
    queued += piece.length;
    if (queued >= AHEAD_BYTES) body.pause();
    wake();
  });
  body.on('end', () => end({}));
  body.on('error', (error) => end({ error }));
  body.on('close', () => end({ error: new Error('the connection was closed') }));
  return (async function* () {
    for (;;) {
      const piece = queue.shift();
      if (piece !== undefined) {
        queued -= piece.length;
        if (queued < AHEAD_BYTES && body.isPaused()) body.resume();
        yield piece;
      } else if (ending === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      } else if ('error' in ending) throw ending.error;
      else return;
    }
  })();
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

/** As the system wants it: IPv6 without brackets. */
function bareHost(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Addresses are no names of servers. */
function serverName(host: string): { servername?: string; host: string } {
  return /^[\d.]+$|:/.test(host) ? { host } : { host, servername: host };
}

/** PEM of the authorities that are believed; undefined where only Node's own list is there. */
async function trustedAuthorities(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const chosen = env['SSL_CERT_FILE'];
  for (const path of chosen ? [chosen] : SYSTEM_AUTHORITIES) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (!text.includes('BEGIN CERTIFICATE')) continue;
    const more = env['NODE_EXTRA_CA_CERTS'];
    const added = more ? await readFile(more, 'utf8').catch(() => '') : '';
    return `${text}\n${added}`;
  }
  return undefined;
}
