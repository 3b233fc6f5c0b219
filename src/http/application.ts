/**
 * The routes /metrics, /healthz and /readyz, on a server in which nothing that a client does can make anything grow:
 * few connections, short headers, no bodies, and an end to whoever says nothing. Loads fastify: who wants no HTTP does
 * not load this file.
 */
import { createServer, type Server } from 'node:http';
import { type FastifyInstance, fastify } from 'fastify';
import type { ServiceReport } from '../core/health-report.js';
import { isOurName } from './host-guard.js';

/** What the daemon says of itself; every reason is free of secrets. */
export interface HealthAnswer {
  /** False when something is stuck that a restart would cure. */
  live: boolean;
  /** Frames are or can be analysed. */
  ready: boolean;
  /** Why it is not live or not ready; empty when it is both. */
  reason: string;
  services: readonly ServiceReport[];
}

export interface ConnectionLimits {
  /** Open at a time; further ones are closed at once. */
  connections: number;
  /** For a whole request, from the connection on. */
  requestMs: number;
  /** Nothing sent or read for this long ends a connection. */
  idleMs: number;
  /** How often requests that take too long are looked for. */
  checkMs: number;
}

/** Prometheus keeps its connection open between scrapes, by default a minute apart. */
export const CONNECTION_LIMITS: ConnectionLimits = {
  connections: 32,
  requestMs: 5000,
  idleMs: 75_000,
  checkMs: 1000,
};

export interface ApplicationOptions {
  /** As configured; a loopback address is answered under its own names alone. */
  host: string;
  metrics: () => Promise<{ text: string; contentType: string }>;
  health: () => HealthAnswer;
  limits: ConnectionLimits;
  /** Hears of what went wrong: a short name of the fault, and its detail. */
  onFault: (fault: string, detail: unknown) => void;
}

const MAX_HEADER_BYTES = 8192;
const MAX_REQUESTS_PER_CONNECTION = 1000;
const PATHS = ['/metrics', '/healthz', '/readyz'];

/** Nothing has a schema, so the compilers of schemas, megabytes of code, are never loaded. */
const NO_COMPILERS = { buildValidator: () => noSchemas, buildSerializer: () => noSchemas };

export function application(options: ApplicationOptions): FastifyInstance {
  const { host, metrics, health, onFault } = options;
  const app = fastify({
    logger: false,
    bodyLimit: 1024,
    forceCloseConnections: true,
    serverFactory: (handler) => server(handler, options),
    schemaController: { compilersFactory: NO_COMPILERS },
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    if (!isOurName(request.headers.host, host)) {
      const message = `This address is answered as localhost or ${host} only.`;
      return reply.code(403).send({ error: 'Forbidden', message });
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      // Its body is not read.
      reply.headers({ allow: 'GET, HEAD', connection: 'close' });
      return reply.code(405).send({ error: 'Method Not Allowed', message: 'Only GET and HEAD are.' });
    }
    return undefined;
  });
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ error: 'Not Found', message: 'There is no such page.', paths: PATHS }),
  );
  app.setErrorHandler((error, _request, reply) => {
    onFault('a request could not be answered', error);
    return reply.code(500).send({ error: 'Internal Server Error', message: 'The log of detectd says more.' });
  });
  app.get('/metrics', async (_request, reply) => {
    const { text, contentType } = await metrics();
    return reply.type(contentType).send(text);
  });
  app.get('/healthz', async (_request, reply) => {
    const { live, reason, services } = health();
    return reply.code(live ? 200 : 503).send({ status: live ? 'ok' : 'stuck', reason, services });
  });
  app.get('/readyz', async (_request, reply) => {
    const { ready, reason } = health();
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', reason });
  });
  return app;
}

function server(
  handler: Parameters<typeof createServer>[1],
  { limits, onFault }: ApplicationOptions,
): Server {
  const { connections, requestMs, idleMs, checkMs } = limits;
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: requestMs,
      requestTimeout: requestMs,
      keepAliveTimeout: idleMs,
      connectionsCheckingInterval: checkMs,
    },
    handler,
  );
  server.maxConnections = connections;
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
  server.setTimeout(idleMs);
  server.on('drop', () => onFault('too many connections', `at most ${connections} are open at a time`));
  // As when files run out while accepting; without a listener it would end the process. Faults of listening go to listen().
  server.once('listening', () => {
    server.on('error', (error) => onFault('a connection could not be taken', error));
  });
  return server;
}

function noSchemas(): never {
  throw new Error('there are no schemas');
}
