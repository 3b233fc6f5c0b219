/** What the whole daemon tells programs of its health: over HTTP, in the textfile and on MQTT, from its first second on. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { HealthPayload } from '../../dist/publish/health-payload.js';
import { metricSamples, samplesOf } from '../helpers/metric-samples.js';
import { freePort, mosquitto, noMosquitto, passwordFile } from '../helpers/mosquitto.js';
import { type MqttWatcher, mqttWatcher } from '../helpers/mqtt-watcher.js';
import { baseConfig, type RunningDaemon, runDaemon } from '../helpers/running-daemon.js';
import { noGstreamer } from '../helpers/test-video.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';
import { until } from '../helpers/until.js';

const skip = { skip: noMosquitto || noGstreamer };
const HEALTH = 'detectd/test-device/health';
const SECRETS = ['br0ker-s3cret', 'c4mera-s3cret', 't0ken-s3cret'];
const [BROKER_SECRET, CAMERA_SECRET, TOKEN] = SECRETS;
const DEADLINE_MS = 60_000;

interface Answer {
  /** Undefined where nobody listens. */
  status: number | undefined;
  text: string;
}

async function ask(port: number, path: string): Promise<Answer> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/${path}`);
    return { status: answer.status, text: await answer.text() };
  } catch {
    return { status: undefined, text: '' };
  }
}

/** Asks until the answer fits. */
async function answered(port: number, path: string, fits: (answer: Answer) => boolean): Promise<Answer> {
  const end = performance.now() + DEADLINE_MS;
  for (;;) {
    const answer = await ask(port, path);
    if (fits(answer)) return answer;
    if (performance.now() > end) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const withStatus =
  (status: number | undefined) =>
  (answer: Answer): boolean =>
    answer.status === status;

/** A daemon with one camera that plays and one that cannot be opened. */
async function started(t: Test, worker: Record<string, unknown> = {}) {
  const folder = t.testdir({});
  const users = passwordFile(folder, 'dock', BROKER_SECRET as string);
  const broker = await mosquitto(t, ['allow_anonymous true', `password_file ${users}`]);
  const watcher = await mqttWatcher(t, broker.url, 'detectd/#');
  const port = await freePort();
  const textfile = join(folder, 'detectd.prom');
  const config = {
    mqtt: { broker: broker.url, username: 'dock', password: BROKER_SECRET },
    models: { things: { bundle: tinyBundle(join(folder, 'bundle')), threads: 1 } },
    cameras: {
      gate: { source: 'test:ball', model: 'things', fps: 10 },
      yard: { source: `rtsp://admin:${CAMERA_SECRET}@127.0.0.1:1/main?token=${TOKEN}`, model: 'things' },
    },
    worker: { restart_delay_s: 0.1, ...worker },
    health: { interval_s: 0.2 },
    http: { port, textfile },
  };
  return { textfile, watcher, port, config, daemon: runDaemon(t, { config }) };
}

async function reload(daemon: RunningDaemon, config: Record<string, unknown>): Promise<void> {
  const from = daemon.lines.length;
  daemon.writeConfig(baseConfig(daemon.folder, config));
  daemon.signal('SIGHUP');
  await daemon.line(/configuration applied/, from);
}

/** The newest message on `health` that fits, of those after the first `from`. */
async function health(
  watcher: MqttWatcher,
  fits: (payload: HealthPayload) => boolean,
  from = 0,
): Promise<HealthPayload> {
  const isIt = ({ topic, text }: { topic: string; text: string }) =>
    topic === HEALTH && fits(JSON.parse(text));
  const all = await watcher.collect((messages) => messages.slice(from).some(isIt), DEADLINE_MS);
  return JSON.parse(all.slice(from).findLast(isIt)?.text ?? '{}');
}

t.test('it is ready from its first worker on, and HTTP, textfile and MQTT tell the same', skip, async (t) => {
  // A start that takes long is no hang here.
  const { daemon, port, watcher, textfile } = await started(t, { hang_timeout_s: 120 });
  await daemon.line(/^worker started$/);
  process.kill(daemon.workerPid, 'SIGSTOP');
  const early = await answered(port, 'readyz', ({ status }) => status !== undefined);
  t.match([early.status, JSON.parse(early.text)], [503, { status: 'not ready', reason: /\S/ }]);
  t.equal((await ask(port, 'healthz')).status, 200, 'alive, if not ready');
  t.equal(metricSamples((await ask(port, 'metrics')).text).get('detectd_ready'), 0);
  process.kill(daemon.workerPid, 'SIGCONT');
  const ready = await answered(port, 'readyz', withStatus(200));
  t.same(JSON.parse(ready.text), { status: 'ready', reason: '' });

  const told = await health(
    watcher,
    ({ cameras }) => (cameras['gate']?.analysed ?? 0) > 5 && cameras['yard']?.state === 'offline',
  );
  t.match(told, {
    device: 'test-device',
    services: { worker: { state: 'ok' }, cameras: { state: 'degraded' } },
  });
  t.same(told['processes'].map(({ name }: { name: string }) => name).sort(), ['daemon', 'worker']);
  const metrics = (await ask(port, 'metrics')).text;
  const samples = metricSamples(metrics);
  t.equal(samples.get('detectd_ready'), 1);
  t.match(Object.keys(samplesOf(metrics, 'detectd_build_info')), [
    new RegExp(`boot_id="${told['boot_id']}"`),
  ]);
  t.ok((samples.get('detectd_frames_analysed_total{camera="gate",model="things"}') ?? 0) > 5);
  t.equal(samples.get('detectd_camera_state{camera="yard",state="offline"}'), 1);
  t.equal(samples.get('detectd_service_state{service="cameras",state="degraded"}'), 1);
  const { services } = JSON.parse((await ask(port, 'healthz')).text);
  t.same(services.map(({ name }: { name: string }) => name).sort(), Object.keys(told['services']).sort());
  t.match(readFileSync(textfile, 'utf8'), /^detectd_build_info\{/m);
  daemon.signal('SIGTERM');
  t.same(await daemon.exited, { code: 0, signal: null });
  t.notOk(existsSync(textfile), 'the textfile goes with the daemon');
});

t.test('what cannot be opened is named everywhere, the passwords nowhere', skip, async (t) => {
  const { daemon, port, watcher, textfile } = await started(t);
  await answered(port, 'readyz', withStatus(200));
  await health(watcher, ({ cameras }) => cameras['yard']?.state === 'offline');
  await watcher.until(({ text }) => text.includes('rtsp://***@127.0.0.1'), DEADLINE_MS);
  const healthz = (await ask(port, 'healthz')).text;
  t.match(healthz, 'yard', 'the camera is complained of');
  process.kill(daemon.workerPid, 'SIGKILL');
  await answered(port, 'metrics', ({ text }) => text.includes('detectd_worker_failures_total{code='));
  const said = {
    healthz,
    readyz: (await ask(port, 'readyz')).text,
    metrics: (await ask(port, 'metrics')).text,
    textfile: readFileSync(textfile, 'utf8'),
    mqtt: watcher.messages.map(({ topic, text }) => `${topic} ${text}`).join('\n'),
    log: daemon.lines.map((line) => JSON.stringify(line)).join('\n') + daemon.stderr,
  };
  for (const [where, text] of Object.entries(said)) {
    t.ok(text.length > 10, where);
    for (const secret of SECRETS) t.notMatch(text, secret, `${where} keeps ${secret}`);
  }
});

t.test('while no worker serves it is alive but not ready, and says why', skip, async (t) => {
  const { daemon, port, watcher } = await started(t, { restart_delay_s: 60 });
  await answered(port, 'readyz', withStatus(200));
  process.kill(daemon.workerPid, 'SIGKILL');
  const { text } = await answered(port, 'readyz', withStatus(503));
  t.match(JSON.parse(text).reason, /SIGKILL/);
  t.equal((await ask(port, 'healthz')).status, 200, 'the supervising process cures it by itself');
  const told = await health(watcher, ({ worker }) => worker.failures['WORKER_CRASHED'] === 1);
  t.not(told.services['worker']?.state, 'ok');
  const samples = metricSamples((await ask(port, 'metrics')).text);
  t.equal(samples.get('detectd_ready'), 0);
  t.equal(samples.get('detectd_worker_failures_total{code="WORKER_CRASHED"}'), 1);
});

t.test(
  'a reload switches HTTP off, on again and to another port, and the worker works on',
  skip,
  async (t) => {
    const { daemon, port, watcher, config, textfile } = await started(t);
    await answered(port, 'readyz', withStatus(200));
    const { workerPid } = daemon;
    await reload(daemon, { ...config, http: { enabled: false } });
    await answered(port, 'healthz', withStatus(undefined));
    await until(() => !existsSync(textfile));
    const from = watcher.messages.length;
    await health(watcher, ({ services }) => services.http === undefined, from);

    await reload(daemon, { ...config, http: { port } });
    await answered(port, 'readyz', withStatus(200));
    const other = await freePort();
    await reload(daemon, { ...config, http: { port: other } });
    await answered(other, 'readyz', withStatus(200));
    t.equal((await ask(port, 'readyz')).status, undefined, 'nobody listens where it was');
    await answered(other, 'metrics', ({ text }) =>
      text.includes('detectd_frames_analysed_total{camera="gate"'),
    );
    t.equal(daemon.workerPid, workerPid);
  },
);

t.test('a camera that is gone is gone from metrics and health', skip, async (t) => {
  const { daemon, port, watcher, config } = await started(t);
  await answered(port, 'metrics', ({ text }) => text.includes('detectd_frames_analysed_total{camera="gate"'));
  const from = watcher.messages.length;
  const { gate: hall } = config.cameras;
  await reload(daemon, { ...config, cameras: { hall } });
  const isHallAlone = ({ text }: Answer) =>
    text.includes('_total{camera="hall",model=') && !/"gate"|"yard"/.test(text);
  await answered(port, 'metrics', isHallAlone);
  const told = await health(watcher, ({ cameras }) => cameras.hall !== undefined, from);
  t.same(Object.keys(told['cameras']), ['hall']);
});

t.test('it is not ready while its cameras wait for a model that nobody has yet', skip, async (t) => {
  const broker = await mosquitto(t, ['allow_anonymous true']);
  const port = await freePort();
  const nowhere = { bundle: 'file:/nowhere/people.tar.gz', sha256: 'a'.repeat(64) };
  const cameras = (enabled: boolean) => ({ gate: { source: 'test:ball', model: 'people', enabled } });
  const config = (enabled: boolean) => ({
    ...{ mqtt: { broker: broker.url }, http: { port } },
    ...{ models: { people: nowhere }, cameras: cameras(enabled) },
  });
  const daemon = runDaemon(t, { config: config(true) });
  const isWaiting = ({ text }: Answer) => text.includes('no model is there yet');
  const early = await answered(port, 'readyz', isWaiting);
  t.equal(early.status, 503);
  t.equal((await ask(port, 'healthz')).status, 200);
  await reload(daemon, config(false));
  await answered(port, 'readyz', withStatus(200));
});
