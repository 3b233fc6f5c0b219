/** The service that listens: its port may be taken, its host may not be ours, and it ends at once. */
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import t, { type Test } from 'tap';
import { HttpServer, type HttpServerOptions } from '../../dist/http/http-server.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { logLines } from '../helpers/log-lines.js';
import { until } from '../helpers/until.js';

const signal = new AbortController().signal;

function made(t: Test, change: Partial<HttpServerOptions> = {}) {
  const clock = new FakeClock();
  const { log, lines } = logLines();
  const server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    clock,
    log,
    metrics: async () => ({ text: 'a 1\n', contentType: 'text/plain' }),
    health: () => ({ live: true, ready: true, reason: '', services: [] }),
    ...change,
  });
  t.teardown(() => server.close());
  return { server, clock, lines };
}

async function occupied(t: Test): Promise<{ holder: Server; port: number; free: () => Promise<void> }> {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const address = holder.address();
  const free = () => new Promise<void>((resolve) => holder.close(() => resolve()));
  t.teardown(free);
  return { holder, port: typeof address === 'object' && address ? address.port : 0, free };
}

t.test('it listens where it should, says where, and is healthy', async (t) => {
  const { server, lines } = made(t);
  t.equal(server.address, undefined);
  t.equal(server.health().state, 'degraded', 'not before the start');
  await server.start(signal);
  t.match(server.address, /^http:\/\/127\.0\.0\.1:\d+$/);
  t.equal(server.health().state, 'ok');
  t.equal((await fetch(`${server.address}/metrics`)).status, 200);
  t.match(lines, [{ level: 30, address: server.address }]);
});

t.test('a port that is taken degrades it with what to set, and it has it when it is free', async (t) => {
  const { port, free } = await occupied(t);
  const { server, clock, lines } = made(t, { port });
  await server.start(signal);
  t.strictSame(server.health(), {
    state: 'degraded',
    reason: `127.0.0.1:${port} is taken; set http.port to another one, or http.enabled to false`,
  });
  t.equal(clock.nextDueMs, 30_000);
  for (let times = 0; times < 3; times += 1) {
    clock.advance(30_000);
    await until(() => clock.pending === 1);
  }
  t.equal(lines.length, 1, 'told once, not with every try');
  await free();
  clock.advance(30_000);
  await until(() => server.health().state === 'ok');
  t.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
  t.equal(clock.pending, 0);
});

t.test('a host that is not ours degrades it too', async (t) => {
  // An address of documentation, which nobody has.
  const { server } = made(t, { host: '192.0.2.1' });
  await server.start(signal);
  t.match(server.health(), { state: 'degraded', reason: /"192\.0\.2\.1".*http\.host/ });
});

t.test('closed while it waits for its port, it tries no more', async (t) => {
  const { port } = await occupied(t);
  const { server, clock } = made(t, { port });
  await server.start(signal);
  await server.close();
  t.equal(clock.pending, 0);
});

t.test('its end ends open connections, idle ones and those in the middle of a request', async (t) => {
  const never = new Promise<never>(() => {});
  let asked = () => {};
  const waiting = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const metrics = () => {
    asked();
    return never;
  };
  const { server } = made(t, { metrics });
  await server.start(signal);
  const port = Number(new URL(server.address ?? '').port);
  const texts = ['', 'GET /metr', 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'];
  const sockets = await Promise.all(
    texts.map(async (text) => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.write(text);
      return socket;
    }),
  );
  await waiting;
  const ended = sockets.map((socket) => {
    socket.resume();
    return once(socket, 'close');
  });
  await server.close();
  await Promise.all(ended);
  t.equal(server.address, undefined);
  await t.rejects(fetch(`http://127.0.0.1:${port}/healthz`), 'nobody listens any more');
});

t.test('an aborted start opens nothing, and a close without a start is fine', async (t) => {
  const { server } = made(t);
  await server.start(AbortSignal.abort());
  t.equal(server.address, undefined);
  await server.close();
  await server.start(signal);
  t.equal(server.address, undefined, 'closed is closed');
});
