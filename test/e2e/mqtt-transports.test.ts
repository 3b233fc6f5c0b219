/** Every way to a real mosquitto in both versions of MQTT, from one broker to the next, and renewed certificates. */
import { copyFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Clock, systemClock } from '../../dist/base/clock.js';
import { checkBroker } from '../../dist/publish/broker-check.js';
import { MqttPublisher } from '../../dist/publish/mqtt-publisher.js';
import { frameResult } from '../helpers/frame-result.js';
import { logLines } from '../helpers/log-lines.js';
import { certificates, freePort, Mosquitto, mosquitto, noMosquitto } from '../helpers/mosquitto.js';
import { mqttConfig } from '../helpers/mqtt-config.js';
import { mqttWatcher } from '../helpers/mqtt-watcher.js';
import { runningPublisher } from '../helpers/running-publisher.js';
import { until } from '../helpers/until.js';

const skip = { skip: noMosquitto };

t.test('mqtt, mqtts, ws and wss carry the same in MQTT 5 and 3.1.1, as JSON and CBOR', skip, async (t) => {
  const files = certificates(t.testdir());
  const tls = [`cafile ${files.ca}`, `certfile ${files.serverCert}`, `keyfile ${files.serverKey}`];
  const [secure, socket, secureSocket] = [await freePort(), await freePort(), await freePort()];
  const broker = await mosquitto(t, [
    ...['allow_anonymous true', `listener ${secure} 127.0.0.1`, 'allow_anonymous true', ...tls],
    ...[`listener ${socket} 127.0.0.1`, 'protocol websockets', 'allow_anonymous true'],
    ...[`listener ${secureSocket} 127.0.0.1`, 'protocol websockets', 'allow_anonymous true', ...tls],
  ]);
  const urls = [
    broker.url,
    `mqtts://127.0.0.1:${secure}`,
    `ws://127.0.0.1:${socket}/mqtt`,
    `wss://127.0.0.1:${secureSocket}/mqtt`,
  ];
  const watcher = await mqttWatcher(t, broker.url, 'detectd/dock-3/#');
  for (const url of urls)
    for (const protocol of ['5', '3.1.1'])
      for (const format of ['json', 'cbor']) {
        const name = `${url.split(':')[0]} ${protocol} ${format}`;
        const { publisher } = await runningPublisher(t, { broker: url, ca: files.ca, protocol, format });
        t.ok(await publisher.connected(20_000), name);
        watcher.messages.length = 0;
        for (let index = 0; index < 3; index += 1) publisher.publishDetections(frameResult());
        const heard = await watcher.collect((all) => all.length === 3);
        t.ok(
          heard.every(({ topic }) => topic === 'detectd/dock-3/cameras/gate/detections'),
          name,
        );
        await publisher.close();
      }
});

t.test('the last will tells its form and stays', skip, async (t) => {
  const broker = await mosquitto(t);
  for (const protocol of ['5', '3.1.1']) {
    const { publisher, lines } = await runningPublisher(t, { broker: broker.url, protocol });
    publisher.publishStatus('ready');
    t.ok(await publisher.connected(10_000));
    const thief = await mqttWatcher(t, broker.url, 'detectd/dock-3/status', { clientId: 'detectd-dock-3' });
    const { text, properties } = await thief.until(({ text }) => text.includes('"lost"'));
    t.match(JSON.parse(text), { state: 'lost' });
    if (protocol === '5') {
      t.match(properties, { contentType: 'application/json', userProperties: { schema: /^status\// } });
      t.equal(properties?.messageExpiryInterval, undefined);
      // Not every version of mosquitto tells the reason.
      await until(() => lines.some(({ msg, hint }) => /same identifier/.test(`${msg} ${hint}`)));
    }
    await publisher.close();
    await thief.client.endAsync(true);
  }
});

t.test(
  'a broker further down the list serves until it goes, then the first is tried again',
  skip,
  async (t) => {
    const first = new Mosquitto(await freePort(), ['allow_anonymous true']);
    t.teardown(() => first.remove());
    const users = t.testdir({ passwords: '' });
    const closed = await mosquitto(t, ['allow_anonymous false', `password_file ${join(users, 'passwords')}`]);
    const last = await mosquitto(t);
    const { publisher, lines } = await runningPublisher(t, { broker: [first.url, closed.url, last.url] });
    publisher.publishStatus('ready');
    t.ok(await publisher.connected(10_000));
    const watcher = await mqttWatcher(t, last.url, 'detectd/dock-3/status');
    await watcher.until(({ text }) => text.includes('"ready"'));
    t.match(publisher.health(), { state: 'degraded', reason: new RegExp(`connected to ${last.url}`) });
    t.ok(lines.some(({ code, msg }) => code === 'MQTT_UNREACHABLE' && msg.includes(first.url)));
    t.ok(lines.some(({ code, msg }) => code === 'MQTT_REFUSED' && msg.includes(closed.url)));
    await first.start();
    const config = mqttConfig({ broker: [last.url, first.url] });
    t.match(await checkBroker(config, 'dock-3', { timeoutMs: 10_000 }), { ok: true });
    t.match(publisher.health(), { state: 'degraded' }, 'a good connection is not given up');
    await last.kill();
    await until(() => publisher.health().state === 'ok');
    t.match(lines.at(-1), { broker: first.url });
  },
);

t.test('what is sent while the device is away is kept for it when a session is wanted', skip, async (t) => {
  const broker = await mosquitto(t);
  const agreed = () => broker.log.split('Sending SUBACK').length;
  const sender = await mqttWatcher(t, broker.url, 'none');
  for (const [protocol, expiry, kept] of [
    ['5', 60, true],
    ['3.1.1', 60, true],
    ['5', 0, false],
  ] as const) {
    const heard: string[] = [];
    const settings = { broker: broker.url, protocol, session_expiry_s: expiry };
    const life = async () => {
      const { inbox, publisher } = await hearing(t, settings);
      inbox.listen('detectd/dock-3/cmd/ping', (payload) => heard.push(payload.toString()));
      t.ok(await publisher.connected(10_000));
      return publisher;
    };
    const early = await life();
    await sender.client.publishAsync('detectd/dock-3/cmd/ping', 'now', { qos: 1 });
    await until(() => heard.length === 1);
    await early.close();
    await sender.client.publishAsync('detectd/dock-3/cmd/ping', 'while away', { qos: 1 });
    const before = agreed();
    const late = await life();
    await until(() => agreed() > before);
    await sender.client.publishAsync('detectd/dock-3/cmd/ping', 'again', { qos: 1 });
    await until(() => heard.includes('again'));
    t.equal(heard.includes('while away'), kept, `${protocol} with ${expiry} s`);
    await late.close();
  }
});

async function hearing(t: Test, settings: object) {
  const { BrokerInbox } = await import('../../dist/publish/broker-inbox.js');
  const inbox = new BrokerInbox({ clock: systemClock });
  const { log } = logLines();
  const publisher = new MqttPublisher({
    ...{ config: mqttConfig(settings), device: 'dock-3', bootId: '7f3c', clock: systemClock, log, inbox },
  });
  t.teardown(() => publisher.close());
  await publisher.start(new AbortController().signal);
  return { inbox, publisher };
}

/** The clock of the system, on which a minute between two looks is short. */
const hurried: Clock = {
  ...systemClock,
  every: (ms, run, options) => systemClock.every(ms === 60_000 ? 20 : ms, run, options),
};

t.test('a renewed certificate is used at once, a bad one never', skip, async (t) => {
  const folder = t.testdir();
  const files = certificates(folder);
  const broker = await mosquitto(t, [
    ...[
      'allow_anonymous true',
      `cafile ${files.ca}`,
      'require_certificate true',
      'use_identity_as_username true',
    ],
    ...[`certfile ${files.serverCert}`, `keyfile ${files.serverKey}`],
  ]);
  const [cert, key] = [join(folder, 'live.pem'), join(folder, 'live.key')];
  copyFileSync(files.clientCert, cert);
  copyFileSync(files.clientKey, key);
  const { log, lines } = logLines();
  const publisher = new MqttPublisher({
    config: mqttConfig({ broker: `mqtts://127.0.0.1:${broker.port}`, ca: files.ca, cert, key }),
    ...{ device: 'dock-3', bootId: '7f3c', clock: hurried, log },
  });
  t.teardown(() => publisher.close());
  await publisher.start(new AbortController().signal);
  t.ok(await publisher.connected(10_000));
  await until(() => broker.log.includes("u'client'"));
  // Certificates of these tests live for two days.
  t.match(publisher.health(), { state: 'degraded', reason: /the client certificate expires on 20/ });
  writeFileSync(cert, 'renewed badly');
  await until(() => lines.some(({ code }) => code === 'MQTT_TLS'));
  t.match(publisher.health(), { state: 'degraded', reason: /cannot be used together/ });
  t.equal(publisher.counters().reconnects, 0);
  // The server's serves a client just as well.
  copyFileSync(files.serverKey, `${key}.new`);
  renameSync(`${key}.new`, key);
  copyFileSync(files.serverCert, `${cert}.new`);
  renameSync(`${cert}.new`, cert);
  await until(() => publisher.counters().reconnects === 1);
  await until(() => broker.log.includes("u'server'"));
  t.notOk(broker.log.includes('detectd-dock-3 closed its connection'), 'it said goodbye');
});
