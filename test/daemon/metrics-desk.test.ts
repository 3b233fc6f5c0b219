/** What the daemon tells of metrics, and what a reload changes of who may read them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { HttpConfig } from '../../dist/config/schema.js';
import { MetricsDesk } from '../../dist/daemon/metrics-desk.js';
import { testConfig } from '../helpers/config.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { frameResult } from '../helpers/frame-result.js';
import { healthReport } from '../helpers/health-report.js';
import { logLines } from '../helpers/log-lines.js';
import { modelReport } from '../helpers/worker-parts.js';

function http(settings: Partial<HttpConfig> = {}): HttpConfig {
  return testConfig({ http: { port: 0, ...settings } }).http;
}

function made(t: Test) {
  const clock = new FakeClock();
  const { log, lines } = logLines();
  const health = () => ({ live: true, ready: true, reason: '', services: [] });
  const desk = new MetricsDesk({ version: '1.2.3', bootId: 'cafe', clock, log, health });
  t.teardown(() => desk.close());
  return { desk, clock, lines };
}

const scrape = async (desk: MetricsDesk) => (await fetch(`${desk.address}/metrics`)).text();

t.test('what it is told can be read', async (t) => {
  const { desk } = made(t);
  await desk.configure(http());
  desk.frame(frameResult(), 1);
  desk.report(healthReport());
  desk.models([modelReport()]);
  const text = await scrape(desk);
  t.match(text, 'detectd_frames_analysed_total{camera="gate",model="people"} 1');
  t.match(text, 'detectd_uptime_seconds 22384');
  t.match(text, 'detectd_model_info{model="people"');
  t.match(text, 'detectd_ready 1');
  t.strictSame(
    desk.services().map((service) => [service.name, service.health().state]),
    [['http', 'ok']],
  );
});

t.test('where nobody wants metrics it does nothing', async (t) => {
  const { desk, clock, lines } = made(t);
  desk.frame(frameResult(), 1);
  await desk.configure(http({ enabled: false }));
  desk.frame(frameResult(), 1);
  desk.report(healthReport());
  desk.models([modelReport()]);
  t.strictSame(desk.services(), []);
  t.equal(desk.address, undefined);
  t.equal(clock.pending, 0);
  t.strictSame(lines, []);
});

t.test('a reload restarts only what changed, and counts go on', async (t) => {
  const { desk } = made(t);
  const path = join(t.testdir({}), 'detectd.prom');
  await desk.configure(http());
  desk.frame(frameResult(), 1);
  const [server] = desk.services();
  const address = desk.address;
  await desk.configure(http({ textfile: path }));
  t.equal(desk.services()[0], server, 'the server stays');
  t.equal(desk.address, address);
  t.match(readFileSync(path, 'utf8'), 'detectd_frames_analysed_total{camera="gate",model="people"} 1');
  const [, textfile] = desk.services();
  await desk.configure(http({ host: 'localhost', textfile: path }));
  t.not(desk.services()[0], server);
  t.equal(desk.services()[1], textfile, 'the file stays');
  t.match(await scrape(desk), 'detectd_frames_analysed_total{camera="gate",model="people"} 1');
  await desk.configure(http({ enabled: false, port: 1, textfile: path }));
  t.strictSame(desk.services(), [textfile]);
  t.ok(existsSync(path), 'the file does without the server');
  await desk.configure(http({ enabled: false }));
  t.notOk(existsSync(path));
  t.strictSame(desk.services(), []);
});

t.test('metrics that are switched on later know what was told before', async (t) => {
  const { desk } = made(t);
  await desk.configure(http({ enabled: false }));
  desk.report(healthReport());
  desk.models([modelReport()]);
  await desk.configure(http());
  const text = await scrape(desk);
  t.match(text, 'detectd_uptime_seconds 22384');
  t.match(text, 'detectd_model_info{model="people"');
});

t.test('several reloads come one after the other, and the end waits for them', async (t) => {
  const { desk } = made(t);
  void desk.configure(http());
  void desk.configure(http({ host: '::1' }));
  void desk.configure(http({ host: 'localhost' }));
  await desk.close();
  t.strictSame(desk.services(), []);
  t.equal(desk.address, undefined);
});
