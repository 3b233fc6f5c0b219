/** Passwords, access rules, TLS, client certificates and WebSockets with a real mosquitto. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type BrokerCheck, checkBroker } from '../../dist/publish/broker-check.js';
import { certificates, freePort, mosquitto, noMosquitto, passwordFile } from '../helpers/mosquitto.js';
import { mqttConfig } from '../helpers/mqtt-config.js';
import { mqttWatcher } from '../helpers/mqtt-watcher.js';
import { runningPublisher } from '../helpers/running-publisher.js';
import { until } from '../helpers/until.js';

const skip = { skip: noMosquitto };

function check(settings: object): Promise<BrokerCheck> {
  return checkBroker(mqttConfig(settings), 'dock-3', { timeoutMs: 10_000 });
}

t.test('a password is asked for, taken, and never shown', skip, async (t) => {
  const users = passwordFile(t.testdir(), 'dock', 'hunter2');
  const broker = await mosquitto(t, ['allow_anonymous false', `password_file ${users}`]);
  const login = { broker: broker.url, username: 'dock' };
  t.match(await check({ ...login, password: 'hunter2' }), { ok: true });
  t.match(await check({ broker: broker.url }), { ok: false, error: { code: 'MQTT_REFUSED' } });
  for (const protocol of ['auto', '5', '3.1.1']) {
    const { publisher, lines } = await runningPublisher(t, { ...login, password: 'hunter3', protocol });
    await until(() => lines.some(({ code }) => code === 'MQTT_REFUSED'));
    t.match(publisher.health(), { state: 'degraded' }, protocol);
    t.match(
      lines.find(({ code }) => code === 'MQTT_REFUSED'),
      { hint: /mqtt\.password/ },
    );
    t.notMatch(JSON.stringify([lines, publisher.health()]), /hunter/);
  }
});

t.test('access rules that drop our messages are noticed by the round trip', skip, async (t) => {
  const rules = join(t.testdir(), 'acl');
  writeFileSync(rules, 'topic read #\n');
  const broker = await mosquitto(t, ['allow_anonymous true', `acl_file ${rules}`]);
  t.match(await check({ broker: broker.url }), { ok: false, error: { code: 'MQTT_REFUSED' } });
  const old = mqttConfig({ broker: broker.url, protocol: '3.1.1' });
  const silent = await checkBroker(old, 'dock-3', { timeoutMs: 300 });
  t.match(silent, { ok: false, error: { code: 'MQTT_REFUSED', hint: /access rules/ } });
  const { publisher } = await runningPublisher(t, { broker: broker.url });
  publisher.publishStatus('ready');
  t.ok(await publisher.connected(10_000));
  await until(() => publisher.health().state !== 'ok');
  t.match(publisher.health().reason, /not authorise/);
});

async function tlsBroker(t: Test, more: string[] = []) {
  const files = certificates(t.testdir());
  const broker = await mosquitto(t, [
    'allow_anonymous true',
    `cafile ${files.ca}`,
    `certfile ${files.serverCert}`,
    `keyfile ${files.serverKey}`,
    ...more,
  ]);
  return { files, broker, url: `mqtts://127.0.0.1:${broker.port}` };
}

t.test('TLS trusts the right authority and no other', skip, async (t) => {
  const { files, broker, url } = await tlsBroker(t);
  t.match(await check({ broker: url, ca: files.ca }), { ok: true });
  t.match(await check({ broker: `mqtts://localhost:${broker.port}`, ca: files.ca }), { ok: true });
  for (const settings of [{ ca: files.otherCa }, {}]) {
    const refused = await check({ broker: url, ...settings });
    t.match(refused, { ok: false, error: { code: 'MQTT_TLS', hint: /mqtt\.ca/ } });
  }
  t.match(await check({ broker: broker.url }), { error: { code: 'MQTT_UNREACHABLE', hint: /mqtts:/ } });
});

t.test('a certificate for another name is refused', skip, async (t) => {
  const files = certificates(t.testdir());
  const elsewhere = [`certfile ${files.elsewhereCert}`, `keyfile ${files.elsewhereKey}`];
  const broker = await mosquitto(t, ['allow_anonymous true', ...elsewhere]);
  const refused = await check({ broker: `mqtts://127.0.0.1:${broker.port}`, ca: files.ca });
  t.match(refused, { ok: false, error: { code: 'MQTT_TLS', message: /another name/ } });
});

t.test('TLS towards a broker without it is a TLS error', skip, async (t) => {
  const broker = await mosquitto(t);
  const refused = await check({ broker: `mqtts://127.0.0.1:${broker.port}` });
  t.match(refused, { ok: false, error: { code: 'MQTT_TLS' } });
});

t.test('a client certificate is shown when the broker wants one', skip, async (t) => {
  const { files, url } = await tlsBroker(t, ['require_certificate true']);
  const ours = { broker: url, ca: files.ca, cert: files.clientCert, key: files.clientKey };
  t.match(await check(ours), { ok: true });
  t.match(await check({ broker: url, ca: files.ca }), { ok: false, error: { code: 'MQTT_TLS' } });
  const mixed = await check({ ...ours, key: files.serverKey });
  t.match(mixed, { ok: false, error: { code: 'MQTT_TLS' } });
});

t.test('WebSockets carry the same messages', skip, async (t) => {
  const port = await freePort();
  const broker = await mosquitto(t, [
    'allow_anonymous true',
    `listener ${port} 127.0.0.1`,
    'protocol websockets',
    'allow_anonymous true',
  ]);
  const watcher = await mqttWatcher(t, broker.url, 'detectd/dock-3/status');
  const { publisher } = await runningPublisher(t, { broker: `ws://127.0.0.1:${port}/mqtt` });
  publisher.publishStatus('ready');
  t.match(await watcher.until(() => true), { text: /"ready"/ });
  await publisher.close();
  await watcher.until(({ text }) => text.includes('"stopped"'));
});
