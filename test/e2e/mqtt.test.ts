/** The publisher with a real mosquitto: messages, outages, last will, and a broker that is not there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { checkBroker } from '../../dist/publish/broker-check.js';
import { cameraStatusPayload, infoPayload } from '../../dist/publish/payloads.js';
import { frameResult } from '../helpers/frame-result.js';
import { freePort, Mosquitto, mosquitto, noMosquitto } from '../helpers/mosquitto.js';
import { mqttConfig } from '../helpers/mqtt-config.js';
import { mqttWatcher } from '../helpers/mqtt-watcher.js';
import { runningPublisher } from '../helpers/running-publisher.js';
import { CONNACK_311, protocolLevel, tcpBroker } from '../helpers/tcp-broker.js';
import { until } from '../helpers/until.js';

const skip = { skip: noMosquitto };

t.test('a burst of detections arrives complete, in order and with its expiry', skip, async (t) => {
  const broker = await mosquitto(t);
  const watcher = await mqttWatcher(t, broker.url, 'detectd/#');
  const { publisher } = await runningPublisher(t, { broker: broker.url });
  publisher.publishStatus('ready');
  t.ok(await publisher.connected(10_000));
  for (let index = 0; index < 795; index += 1) publisher.publishDetections(frameResult({}, 10));
  const messages = await watcher.collect((all) => all.length === 796);
  const [status, ...detections] = messages;
  t.match(status, { topic: 'detectd/dock-3/status', text: /"ready"/ });
  t.same(
    detections.map(({ text }) => JSON.parse(text).seq),
    Array.from({ length: 795 }, (_, index) => index),
  );
  t.ok(detections.every(({ properties }) => (properties?.messageExpiryInterval ?? 99) <= 10));
  t.same(publisher.counters(), { published: 795, dropped: 0, reconnects: 0, queuedBytes: 0 });
});

t.test('a stopped publisher leaves stopped behind, retained, and no last will', skip, async (t) => {
  const broker = await mosquitto(t);
  const watcher = await mqttWatcher(t, broker.url, 'detectd/dock-3/status');
  const { publisher } = await runningPublisher(t, { broker: broker.url });
  publisher.publishStatus('ready');
  await watcher.until(({ text }) => text.includes('"ready"'));
  await publisher.close();
  await watcher.until(({ text }) => text.includes('"stopped"'));
  const late = await mqttWatcher(t, broker.url, 'detectd/dock-3/status');
  t.match(await late.until(() => true), { retain: true, text: /"stopped"/ });
  t.notOk(watcher.messages.some(({ text }) => text.includes('"lost"')));
});

t.test('a publisher that is killed is lost, with its boot_id', skip, async (t) => {
  const broker = await mosquitto(t);
  const watcher = await mqttWatcher(t, broker.url, 'detectd/dock-3/status');
  const type = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
  const program = new URL(`../helpers/publishing-child.${type}`, import.meta.url);
  const child = spawn(process.execPath, [...process.execArgv, program.pathname, broker.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  await watcher.until(({ text }) => text.includes('"ready"'));
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  const { text } = await watcher.until(({ text }) => text.includes('"lost"'));
  t.match(JSON.parse(text), { state: 'lost', boot_id: 'child', device: 'dock-3' });
});

t.test('a broker that is killed and comes back empty hears everything again', skip, async (t) => {
  const broker = new Mosquitto(await freePort(), ['allow_anonymous true', 'persistence false']);
  t.teardown(() => broker.remove());
  await broker.start();
  const { publisher } = await runningPublisher(t, { broker: broker.url });
  publisher.publishStatus('ready');
  const who = { device: 'dock-3', bootId: '7f3c', nowWallMs: 0 };
  publisher.publishInfo(infoPayload({ ...who, version: '1.0.0', models: [], cameras: ['gate'] }));
  publisher.publishCameraStatus(
    cameraStatusPayload({ ...who, camera: 'gate', state: 'online', reconnects: 0 }),
  );
  t.ok(await publisher.connected(10_000));
  const before = await mqttWatcher(t, broker.url, 'detectd/#');
  await before.collect((all) => all.length === 3);
  publisher.publishDetections(frameResult());
  await before.collect((all) => all.length === 4);
  await broker.kill();
  await before.client.endAsync(true);
  await until(() => publisher.health().state !== 'ok');
  publisher.publishDetections(frameResult());
  await broker.start();
  t.ok(await publisher.connected(20_000));
  const after = await mqttWatcher(t, broker.url, 'detectd/#');
  await after.collect((all) => all.length === 3);
  publisher.publishDetections(frameResult());
  const { text } = await after.until(({ topic }) => topic.endsWith('/detections'));
  t.equal(JSON.parse(text).seq, 1, 'what was dropped used up no number');
  t.same(publisher.counters(), { published: 2, dropped: 1, reconnects: 1, queuedBytes: 0 });
});

t.test('a broker that is down at the start is connected to when it comes', skip, async (t) => {
  const broker = new Mosquitto(await freePort(), ['allow_anonymous true']);
  t.teardown(() => broker.remove());
  const { publisher, lines } = await runningPublisher(t, { broker: broker.url });
  publisher.publishStatus('ready');
  await until(() => lines.some(({ code }) => code === 'MQTT_UNREACHABLE'));
  t.match(publisher.health(), { state: 'degraded', reason: /refuses connections/ });
  await broker.start();
  t.ok(await publisher.connected(20_000));
  const watcher = await mqttWatcher(t, broker.url, 'detectd/dock-3/status');
  t.match(await watcher.until(() => true), { text: /"ready"/ });
});

t.test('a broker that freezes does not hold up the end', skip, async (t) => {
  const broker = await mosquitto(t);
  const { publisher } = await runningPublisher(t, { broker: broker.url });
  t.ok(await publisher.connected(10_000));
  t.teardown(() => broker.thaw());
  broker.freeze();
  await publisher.close();
  t.match(publisher.health(), { state: 'degraded' });
});

t.test('a broker that knows 3.1.1 alone is spoken to in 3.1.1', async (t) => {
  const { url, levels } = await tcpBroker(t, (socket, connect) => {
    if (protocolLevel(connect) === 5) socket.end();
    else socket.write(Buffer.from(CONNACK_311.accepted));
  });
  const { publisher, lines } = await runningPublisher(t, { broker: url });
  t.ok(await publisher.connected(10_000));
  t.same(levels, [5, 4]);
  t.match(
    lines.find(({ msg }) => msg.startsWith('connected')),
    { version: '3.1.1' },
  );
});

t.test('a round trip through the broker takes its time and names its version', skip, async (t) => {
  const broker = await mosquitto(t);
  for (const protocol of ['5', '3.1.1']) {
    const config = mqttConfig({ broker: broker.url, protocol });
    const check = await checkBroker(config, 'dock-3', { timeoutMs: 10_000 });
    t.match(check, { ok: true, protocol, roundTripMs: Number });
  }
});

t.test('a round trip fails with a reason when the broker is down or never answers', async (t) => {
  const down = mqttConfig({ broker: `mqtt://127.0.0.1:${await freePort()}` });
  t.match(await checkBroker(down, 'dock-3', { timeoutMs: 5000 }), { error: { code: 'MQTT_UNREACHABLE' } });
  const { url } = await tcpBroker(t, () => {});
  const silent = await checkBroker(mqttConfig({ broker: url }), 'dock-3', { timeoutMs: 200 });
  t.match(silent, { ok: false, error: { code: 'MQTT_UNREACHABLE', message: /within 0\.2 s/ } });
});
