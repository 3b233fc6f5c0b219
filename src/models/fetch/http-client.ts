/**
 * One request at a time to a web server, directly or through the proxy of the environment; the only file that knows undici,
 * which is loaded when the first archive is fetched. Follows nothing, unpacks nothing, and keeps no connection.
 */
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { Agent, Dispatcher, EnvHttpProxyAgent } from 'undici';
import { maskUrl } from '../../config/secrets.js';
import { FetchFault } from './fetch-fault.js';

export interface HttpAnswer {
  status: number;
  /** By name in lower case; the first of several. */
  headers: Record<string, string | undefined>;
  /** Rejects when the connection ends early, and with the reason of the signal. */
  body: AsyncIterable<Buffer>;
  /** The rest of the body is not wanted. */
  drop(): void;
}

export interface HttpClient {
  get(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<HttpAnswer>;
  /** Ends every connection at once. */
  close(): Promise<void>;
}

/** The system's store of authorities, which sites add their own to; Node's own list does not know these. */
const SYSTEM_AUTHORITIES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
];

/** Bytes that may wait to be taken; beyond that the connection is not read. */
const AHEAD_BYTES = 1 << 18;

/** Throws UPDATE_FETCH when the address of the proxy cannot be read. */
export async function openHttpClient(env: NodeJS.ProcessEnv): Promise<HttpClient> {
  const undici = await import('undici');
  const ca = await trustedAuthorities(env);
  const tls = ca === undefined ? {} : { ca };
  // How long to wait is for the caller to say, who has a clock.
  const settings = { connect: { ...tls, timeout: 0 }, headersTimeout: 0, bodyTimeout: 0 };
  const dispatcher = proxied(env) ? proxyAgent(undici, env, settings, tls) : new undici.Agent(settings);
  return {
    get: async (url, headers, signal) => {
      const {
        statusCode,
        headers: got,
        body,
      } = await dispatcher.request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: 'GET',
        headers,
        signal,
      });
      const first = Object.entries(got).map(([name, value]) => [
        name.toLowerCase(),
        Array.isArray(value) ? value[0] : value,
      ]);
      return {
        status: statusCode,
        headers: Object.fromEntries(first),
        body: arrivals(body),
        drop: () => void body.destroy(),
      };
    },
    close: () => dispatcher.destroy(),
  };
}

function proxied(env: NodeJS.ProcessEnv): boolean {
  return ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'].some((name) => env[name]);
}

function proxyAgent(
  undici: { EnvHttpProxyAgent: typeof EnvHttpProxyAgent },
  env: NodeJS.ProcessEnv,
  settings: Agent.Options,
  tls: object,
): Dispatcher {
  const emitWarning = process.emitWarning;
  // It calls itself experimental to whoever runs this program, who did not choose it.
  process.emitWarning = () => undefined;
  try {
    const options = {
      ...settings,
      requestTls: { ...tls, timeout: 0 },
      proxyTls: { ...tls, timeout: 0 },
      httpProxy: env['http_proxy'] || env['HTTP_PROXY'] || '',
      httpsProxy: env['https_proxy'] || env['HTTPS_PROXY'] || '',
      noProxy: env['no_proxy'] || env['NO_PROXY'] || '',
    };
    return new undici.EnvHttpProxyAgent(options);
  } catch (error) {
    const message = maskUrl(String((error as Error).message));
    throw new FetchFault('UPDATE_FETCH', 'later', `The address of the proxy cannot be used: ${message}.`, {
      hint: 'Write HTTP_PROXY and HTTPS_PROXY as in http://user:password@host:3128.',
    });
  } finally {
    process.emitWarning = emitWarning;
  }
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
