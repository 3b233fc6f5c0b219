/** The routes, without a network. */
import t, { type Test } from 'tap';
import { type ApplicationOptions, application, CONNECTION_LIMITS } from '../../dist/http/application.js';

const services = [
  { name: 'mqtt', state: 'degraded', reason: 'no broker' },
  { name: 'worker', state: 'ok', reason: '' },
] as const;

function started(t: Test, change: Partial<ApplicationOptions> = {}) {
  const faults: unknown[] = [];
  const app = application({
    host: '127.0.0.1',
    metrics: async () => ({ text: 'a 1\n', contentType: 'text/plain; version=0.0.4; charset=utf-8' }),
    health: () => ({ live: true, ready: true, reason: '', services }),
    limits: CONNECTION_LIMITS,
    onFault: (fault, detail) => faults.push([fault, String(detail)]),
    ...change,
  });
  t.teardown(() => app.close());
  return { app, faults };
}

const headers = { host: 'localhost:9847' };

t.test('/metrics is the text, with its type', async (t) => {
  const { app } = started(t);
  const answer = await app.inject({ url: '/metrics', headers });
  t.equal(answer.statusCode, 200);
  t.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  t.equal(answer.headers['cache-control'], 'no-store');
  t.equal(answer.body, 'a 1\n');
  const head = await app.inject({ method: 'HEAD', url: '/metrics', headers });
  t.strictSame([head.statusCode, head.body, head.headers['content-length']], [200, '', '4']);
});

t.test('/healthz is 503 only when something is stuck, and names every service', async (t) => {
  let live = true;
  const { app } = started(t, { health: () => ({ live, ready: false, reason: 'worker: hung', services }) });
  const ok = await app.inject({ url: '/healthz', headers });
  t.equal(ok.statusCode, 200);
  t.strictSame(ok.json(), { status: 'ok', reason: 'worker: hung', services });
  live = false;
  const stuck = await app.inject({ url: '/healthz', headers });
  t.equal(stuck.statusCode, 503);
  t.match(stuck.json(), { status: 'stuck', reason: 'worker: hung' });
});

t.test('/readyz is 503 with the reason while nothing can be analysed', async (t) => {
  let ready = false;
  const { app } = started(t, {
    health: () => ({ live: true, ready, reason: 'models are loaded', services }),
  });
  const not = await app.inject({ url: '/readyz', headers });
  t.equal(not.statusCode, 503);
  t.strictSame(not.json(), { status: 'not ready', reason: 'models are loaded' });
  ready = true;
  t.equal((await app.inject({ url: '/readyz', headers })).statusCode, 200);
});

t.test('another page is a 404 that says which there are', async (t) => {
  const { app } = started(t);
  for (const url of [
    '/',
    '/metrics/',
    '/Metrics',
    '/../etc/passwd',
    '/%00',
    '/metrics%2f..',
    '//evil.example',
  ]) {
    const answer = await app.inject({ url, headers });
    t.equal(answer.statusCode, 404, url);
    t.strictSame(answer.json().paths, ['/metrics', '/healthz', '/readyz']);
  }
  t.equal((await app.inject({ url: '/%zz', headers })).statusCode, 400, 'no address at all');
});

t.test('other methods than GET and HEAD are refused, on every page, and their bodies not read', async (t) => {
  const { app } = started(t);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'] as const) {
    for (const url of ['/metrics', '/nothing']) {
      const answer = await app.inject({ method, url, headers, payload: 'x'.repeat(1_000_000) });
      t.equal(answer.statusCode, 405, `${method} ${url}`);
      t.equal(answer.headers.allow, 'GET, HEAD');
      t.equal(answer.headers.connection, 'close');
    }
  }
});

t.test('under a name that is not ours nothing is told', async (t) => {
  const { app } = started(t);
  for (const url of ['/metrics', '/healthz', '/nothing']) {
    const answer = await app.inject({ url, headers: { host: 'evil.example' } });
    t.equal(answer.statusCode, 403, url);
    t.match(answer.json().message, 'localhost');
  }
  const open = started(t, { host: '0.0.0.0' });
  const answer = await open.app.inject({ url: '/metrics', headers: { host: 'board.example' } });
  t.equal(answer.statusCode, 200, 'open to the network, it has names that it does not know');
});

t.test('a fault of ours is a 500 without details, which go to the log', async (t) => {
  const boom = () => {
    throw new Error('secret detail');
  };
  const { app, faults } = started(t, { health: boom, metrics: async () => boom() });
  for (const url of ['/metrics', '/healthz', '/readyz']) {
    const answer = await app.inject({ url, headers });
    t.equal(answer.statusCode, 500, url);
    t.notMatch(answer.body, 'secret');
  }
  t.strictSame(faults[0], ['a request could not be answered', 'Error: secret detail']);
});
