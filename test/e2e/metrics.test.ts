/** Metrics over a real network, from clients that are slow, many, wrong or hostile. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import { HttpServer, type HttpServerOptions } from '../../dist/http/http-server.js';
import { MetricsBook } from '../../dist/http/metrics-book.js';
import { frameResult } from '../helpers/frame-result.js';
import { healthReport } from '../helpers/health-report.js';
import { logLines } from '../helpers/log-lines.js';
import { modelReport } from '../helpers/worker-parts.js';

async function served(t: Test, change: Partial<HttpServerOptions> = {}) {
  const book = new MetricsBook({ version: '1', bootId: 'cafe', ready: () => true });
  const { log, lines } = logLines();
  const server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    log,
    metrics: async () => ({ text: await book.text(), contentType: book.contentType }),
    health: () => ({ live: true, ready: true, reason: '', services: [] }),
    ...change,
  });
  t.teardown(() => server.close());
  await server.start(new AbortController().signal);
  const url = server.address ?? '';
  return { book, server, lines, url, port: Number(new URL(url).port) };
}

async function client(t: Test, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Everything that the server sends until it ends the connection. */
async function answerOf(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

const fetched = async (url: string) => {
  const answer = await fetch(url);
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
};

t.test('a scrape tells what was counted, one after another over one connection', async (t) => {
  const { book, url } = await served(t);
  for (const expected of [1, 2, 3]) {
    book.frame(frameResult(), 1);
    book.report(healthReport());
    const { status, type, text } = await fetched(`${url}/metrics`);
    t.equal(status, 200);
    t.match(type, /^text\/plain; version=0\.0\.4/);
    t.match(text, `detectd_frames_analysed_total{camera="gate",model="people"} ${expected}`);
  }
});

t.test(
  'an idle client and one that sends a letter now and then are cut off, others are served',
  async (t) => {
    const limits = { requestMs: 200, checkMs: 20, idleMs: 400 };
    const { url, port } = await served(t, { limits });
    const [idle, slow] = [await client(t, port), await client(t, port)];
    slow.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    const drip = setInterval(() => slow.write('a'), 30);
    t.teardown(() => clearInterval(drip));
    t.equal((await fetched(`${url}/healthz`)).status, 200);
    const [nothing, timeout] = await Promise.all([answerOf(idle), answerOf(slow)]);
    t.match(timeout, /^HTTP\/1\.1 408 /);
    t.ok(nothing === '' || nothing.startsWith('HTTP/1.1 408 '));
    t.equal((await fetched(`${url}/healthz`)).status, 200);
  },
);

t.test(
  'beyond the most connections further ones are closed, and a place that is free is taken again',
  async (t) => {
    const { url, port, lines } = await served(t, { limits: { connections: 3 } });
    const held = [await client(t, port), await client(t, port), await client(t, port)];
    const further = await client(t, port);
    t.equal(await answerOf(further), '');
    t.match(lines.at(-1), { level: 40, msg: 'too many connections', reason: /at most 3/ });
    const gone = held[0] as Socket;
    gone.end('GET /healthz HTTP/1.0\r\n\r\n');
    t.match(await answerOf(gone), /^HTTP\/1\.1 200 /);
    t.equal((await fetched(`${url}/healthz`)).status, 200);
  },
);

t.test('huge headers, nonsense and huge bodies end the connection with an answer', async (t) => {
  const { port, url } = await served(t);
  const cases: [string, RegExp][] = [
    [`GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    [`GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, /^HTTP\/1\.1 4\d\d /],
    ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', /^HTTP\/1\.1 400 /],
    ['GET /metrics HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 /],
    [
      `POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\n\r\n${'a'.repeat(9000)}`,
      /^HTTP\/1\.1 405 /,
    ],
    ['BREW /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['GET /metrics HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 403 /],
  ];
  for (const [request, expected] of cases) {
    const socket = await client(t, port);
    socket.write(request, 'latin1');
    t.match(await answerOf(socket), expected, JSON.stringify(request.slice(0, 40)));
  }
  t.equal((await fetched(`${url}/metrics`)).status, 200);
});

t.test('a client that never reads its answers is cut off', async (t) => {
  const text = `${'# nothing\n'.repeat(20_000)}`;
  const limits = { idleMs: 200, checkMs: 20 };
  const { port, url } = await served(t, {
    limits,
    metrics: async () => ({ text, contentType: 'text/plain' }),
  });
  const deaf = await client(t, port);
  deaf.pause();
  for (let count = 0; count < 100; count += 1) deaf.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n');
  // Whoever is cut off learns of it when it writes.
  const poke = setInterval(() => deaf.write('G'), 50);
  t.teardown(() => clearInterval(poke));
  await new Promise((resolve) => deaf.once('close', resolve));
  t.equal((await fetched(`${url}/healthz`)).status, 200);
});

const noPromtool =
  spawnSync('promtool', ['--version']).status === 0 ? false : 'needs promtool (apt install prometheus)';
const rules = join(import.meta.dirname, '../../config/monitoring/prometheus-alerts.yml');

t.test('promtool finds nothing to complain about in the text', { skip: noPromtool }, async (t) => {
  const { book, url } = await served(t);
  book.frame(frameResult(), 1);
  book.models([modelReport({ engines: ['e'] })]);
  book.report(healthReport());
  const { text } = await fetched(`${url}/metrics`);
  const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  t.strictSame([checked.status, checked.stdout, checked.stderr], [0, '', '']);
});

/** A board that is well, for four hours; `more` replaces series of the same name. */
function alertCase(more: Record<string, string>, firing: string[]) {
  const series: Record<string, string> = {
    'up{job="detectd", instance="a"}': '1x240',
    'detectd_build_info{instance="a"}': '1x240',
    'detectd_ready{instance="a"}': '1x240',
    'detectd_report_timestamp_seconds{instance="a"}': '0+60x240',
    'detectd_service_state{instance="a", service="worker", state="stuck"}': '0x240',
    'detectd_camera_state{instance="a", camera="gate", state="offline"}': '0x240',
    'detectd_memory_leak{instance="a", series="worker"}': '0x240',
    'detectd_throttled{instance="a"}': '0x240',
    'detectd_frames_dropped_total{instance="a", cause="mqtt"}': '7x240',
    'detectd_worker_failures_total{instance="a", code="WORKER_HUNG"}': '1x120 2x120',
    'detectd_remedies_total{instance="a", act="recycle", cause="leak"}': '1x240',
    ...more,
  };
  return {
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      {
        expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
        eval_time: '4h',
        exp_samples: firing.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
      },
    ],
  };
}

t.test('promtool understands the alerts, and each fires for its fault alone', { skip: noPromtool }, (t) => {
  const checked = spawnSync('promtool', ['check', 'rules', rules], { encoding: 'utf8' });
  t.equal(checked.status, 0, checked.stderr);
  const cases: [Record<string, string>, string[]][] = [
    [{}, []],
    [{ 'up{job="detectd", instance="a"}': '1x200 0x40' }, ['DetectdUnreachable']],
    [{ 'detectd_build_info{instance="a"}': '1x200' }, ['DetectdMetricsAbsent']],
    [{ 'detectd_report_timestamp_seconds{instance="a"}': '0+60x200 12000x40' }, ['DetectdMetricsStale']],
    [{ 'detectd_ready{instance="a"}': '1x200 0x40' }, ['DetectdNotReady']],
    [{ 'detectd_ready{instance="a"}': '1x235 0x5' }, []],
    [
      { 'detectd_service_state{instance="a", service="worker", state="stuck"}': '1x240' },
      ['DetectdServiceStuck'],
    ],
    [
      { 'detectd_service_state{instance="a", service="mqtt", state="degraded"}': '1x240' },
      ['DetectdServiceDegraded'],
    ],
    [{ 'detectd_service_state{instance="a", service="cameras", state="degraded"}': '1x240' }, []],
    [
      { 'detectd_camera_state{instance="a", camera="gate", state="offline"}': '1x240' },
      ['DetectdCameraOffline'],
    ],
    [
      { 'detectd_camera_reconnects_total{instance="a", camera="gate"}': '0+1x240' },
      ['DetectdCameraUnstable'],
    ],
    [
      {
        'detectd_camera_state{instance="a", camera="gate", state="online"}': '1 0 0 1 1 0 0 1 1 0 0 1x230',
        'detectd_camera_state{instance="a", camera="gate", state="offline"}': '0 1 1 0 0 1 1 0 0 1 1 0x230',
      },
      [],
    ],
    [
      { 'detectd_camera_state{instance="a", camera="gate", state="online"}': '0x200 1 0 1 0 1 0 1 0 1x32' },
      ['DetectdCameraUnstable'],
    ],
    [
      {
        'detectd_camera_reconnects_total{instance="a", camera="gate"}': '0+2x200 400x40',
        'detectd_camera_state{instance="a", camera="gate", state="offline"}': '1x200 0x40',
      },
      [],
    ],
    [{ 'detectd_memory_leak{instance="a", series="worker"}': '1x240' }, ['DetectdMemoryLeak']],
    [
      { 'detectd_memory_limit_reached_seconds{instance="a", series="worker"}': '15000-60x240' },
      ['DetectdMemoryRunsOut'],
    ],
    [{ 'detectd_machine_memory_available_bytes{instance="a"}': '100000000x240' }, ['DetectdMemoryShort']],
    [{ 'detectd_throttled{instance="a"}': '1x240' }, ['DetectdThrottled']],
    [{ 'detectd_max_frames_per_second{instance="a"}': '5x240' }, ['DetectdSlowedDown']],
    [{ 'detectd_frames_dropped_total{instance="a", cause="mqtt"}': '0+600x240' }, ['DetectdMessagesDropped']],
    [{ 'detectd_frames_dropped_total{instance="a", cause="replaced", camera="gate"}': '0+600x240' }, []],
    [
      { 'detectd_worker_failures_total{instance="a", code="WORKER_HUNG"}': '0x200 0+1x40' },
      ['DetectdWorkerFails'],
    ],
    [
      { 'detectd_remedies_total{instance="a", act="recycle", cause="leak"}': '0+1x240' },
      ['DetectdRecycledOften'],
    ],
  ];
  const file = join(t.testdir({}), 'cases.yml');
  const tests = cases.map(([more, firing]) => alertCase(more, firing));
  writeFileSync(file, JSON.stringify({ rule_files: [rules], evaluation_interval: '1m', tests }));
  const tested = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' });
  t.equal(tested.status, 0, tested.stderr + tested.stdout);
  const named = readFileSync(rules, 'utf8').match(/(?<=- alert: )\S+/g) ?? [];
  t.strictSame(
    named.filter((name) => !cases.some(([, firing]) => firing.includes(name))),
    [],
    'each was tried',
  );
  t.end();
});
