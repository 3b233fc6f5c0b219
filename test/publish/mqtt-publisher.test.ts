/** The publisher against a broker under the test's control, with time under its control too. */
import t, { type Test } from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import type { ConnectOptions } from '../../dist/publish/broker-dialer.js';
import { MqttPublisher } from '../../dist/publish/mqtt-publisher.js';
import { BrokerDouble } from '../helpers/broker-double.js';
import { FakeClock, settle } from '../helpers/fake-clock.js';
import { frameResult } from '../helpers/frame-result.js';
import { logLines } from '../helpers/log-lines.js';
import { mqttConfig } from '../helpers/mqtt-config.js';

const down = new DetectdError('MQTT_UNREACHABLE', 'The broker is down.');
const signal = new AbortController().signal;

/** A publisher whose dialler answers with what `answer` returns. */
function publisher(t: Test, answer: (attempt: number) => BrokerDouble | DetectdError, settings: object = {}) {
  const clock = new FakeClock();
  const { log, lines } = logLines();
  const dialled: ConnectOptions[] = [];
  const mqtt = new MqttPublisher({
    config: mqttConfig({ broker: 'mqtt://host', ...settings }),
    device: 'dock-3',
    bootId: '7f3c',
    clock,
    log,
    random: () => 0.5,
    dialer: {
      connect: async (options) => {
        dialled.push(options);
        const result = answer(dialled.length - 1);
        if (result instanceof DetectdError) throw result;
        return result;
      },
    },
  });
  t.teardown(() => mqtt.close());
  return { mqtt, clock, lines, dialled };
}

const root = 'detectd/dock-3';
const bodies = (broker: BrokerDouble) => broker.sent.map(({ payload }) => JSON.parse(payload));

t.test('retained states reach the broker whether they came before or after the connection', async (t) => {
  const broker = new BrokerDouble();
  const { mqtt, dialled } = publisher(t, () => broker);
  mqtt.publishStatus('starting');
  await mqtt.start(signal);
  t.ok(await mqtt.connected(1000));
  mqtt.publishStatus('ready');
  t.match(broker.sent[0], { topic: `${root}/status`, options: { qos: 1, retain: true } });
  t.match(bodies(broker), [
    { state: 'starting', boot_id: '7f3c' },
    { state: 'ready', boot_id: '7f3c' },
  ]);
  t.match(dialled[0], {
    clientId: 'detectd-dock-3',
    url: ['mqtt://host'],
    will: { topic: `${root}/status` },
  });
  t.match(JSON.parse(`${dialled[0]?.will?.payload}`), { state: 'lost', boot_id: '7f3c' });
});

t.test('detections are numbered per camera without a gap and expire', async (t) => {
  const broker = new BrokerDouble();
  const { mqtt } = publisher(t, () => broker, { detections_expiry_s: 7 });
  await mqtt.start(signal);
  await mqtt.connected(1000);
  for (const camera of ['gate', 'yard', 'gate', 'gate', 'yard'])
    mqtt.publishDetections(frameResult({ camera }));
  t.same(
    bodies(broker).map(({ camera, seq }) => `${camera}${seq}`),
    ['gate0', 'yard0', 'gate1', 'gate2', 'yard1'],
  );
  t.match(broker.sent[0], {
    topic: `${root}/cameras/gate/detections`,
    options: { qos: 0, retain: false, properties: { messageExpiryInterval: 7 } },
  });
  t.same(mqtt.counters(), { published: 5, dropped: 0, reconnects: 0, queuedBytes: 0 });
});

t.test('without a connection detections are dropped and counted, and use up no number', async (t) => {
  const broker = new BrokerDouble();
  const next = new BrokerDouble();
  const { mqtt, clock } = publisher(t, (attempt) => (attempt === 0 ? broker : next));
  mqtt.publishDetections(frameResult());
  await mqtt.start(signal);
  await mqtt.connected(1000);
  mqtt.publishDetections(frameResult());
  broker.lose(down);
  await settle();
  mqtt.publishDetections(frameResult());
  mqtt.publishDetections(frameResult());
  t.match(mqtt.health(), { state: 'degraded', reason: 'The broker is down.' });
  await clock.advanceAsync(500);
  mqtt.publishDetections(frameResult());
  t.equal(bodies(next)[0]?.seq, 1);
  t.same(mqtt.counters(), { published: 2, dropped: 3, reconnects: 1, queuedBytes: 0 });
  t.equal(mqtt.health().state, 'ok');
});

t.test('a broker that takes nothing more costs detections, not memory', async (t) => {
  const broker = new BrokerDouble();
  const { mqtt, lines } = publisher(t, () => broker);
  await mqtt.start(signal);
  await mqtt.connected(1000);
  broker.bufferedBytes = 5 * 1024 * 1024;
  for (let index = 0; index < 100; index += 1) mqtt.publishDetections(frameResult());
  t.equal(broker.sent.length, 0);
  t.match(mqtt.health(), { state: 'degraded', reason: /too slowly/ });
  t.equal(lines.filter(({ msg }) => /too slowly/.test(msg)).length, 1);
  broker.bufferedBytes = 0;
  mqtt.publishDetections(frameResult());
  t.equal(bodies(broker)[0]?.seq, 0);
  t.same(mqtt.counters(), { published: 1, dropped: 100, reconnects: 0, queuedBytes: 0 });
});

t.test('a message larger than the broker allows is dropped', async (t) => {
  const broker = new BrokerDouble();
  broker.maxPacketBytes = 4000;
  const { mqtt } = publisher(t, () => broker);
  await mqtt.start(signal);
  await mqtt.connected(1000);
  mqtt.publishDetections(frameResult({}, 100));
  mqtt.publishDetections(frameResult({}, 1));
  t.same(mqtt.counters(), { published: 1, dropped: 1, reconnects: 0, queuedBytes: 0 });
});

t.test('a camera name that cannot be in a topic is dropped, not thrown', async (t) => {
  const broker = new BrokerDouble();
  const { mqtt } = publisher(t, () => broker);
  await mqtt.start(signal);
  await mqtt.connected(1000);
  mqtt.publishDetections(frameResult({ camera: 'a/#' }));
  t.equal(broker.sent.length, 0);
  t.equal(mqtt.counters().dropped, 1);
});

t.test('after a reconnect every retained state is published again', async (t) => {
  const brokers = [new BrokerDouble(), new BrokerDouble()];
  const { mqtt, clock } = publisher(t, (attempt) => brokers[attempt] as BrokerDouble);
  mqtt.publishStatus('ready');
  mqtt.publishInfo({ cameras: ['gate'] } as never);
  mqtt.publishCameraStatus({ camera: 'gate', state: 'online' } as never);
  await mqtt.start(signal);
  await mqtt.connected(1000);
  brokers[0]?.lose(down);
  await clock.advanceAsync(1000);
  t.same(brokers[1]?.topics().sort(), [`${root}/cameras/gate/status`, `${root}/info`, `${root}/status`]);
  const before = brokers[1]?.sent.length;
  mqtt.removeCamera('gate');
  t.match(brokers[1]?.sent.slice(before), [
    { topic: `${root}/cameras/gate/status`, payload: '' },
    { topic: `${root}/cameras/gate/counts`, payload: '' },
    { topic: `${root}/cameras/gate/snapshot`, payload: '' },
  ]);
});

t.test('the picture of a camera goes with it, and one that came back has another', async (t) => {
  const brokers = [new BrokerDouble(), new BrokerDouble()];
  const { mqtt, clock } = publisher(t, (attempt) => brokers[attempt] as BrokerDouble);
  const topic = `${root}/cameras/gate/snapshot`;
  const said = (broker: BrokerDouble | undefined) => broker?.sent.filter((one) => one.topic === topic) ?? [];
  mqtt.removeCamera('gate');
  await mqtt.start(signal);
  await mqtt.connected(1000);
  t.match(said(brokers[0]), [{ payload: '' }], 'also one of an earlier start, or while the broker was away');
  mqtt.publishSnapshot('gate', Buffer.from([0xff, 0xd8]));
  brokers[0]?.lose(down);
  await clock.advanceAsync(1000);
  t.strictSame(said(brokers[1]), [], 'the new one stays');
});

t.test('a broker that is down is degraded: attempts slow down and share one log line', async (t) => {
  const { mqtt, clock, lines, dialled } = publisher(t, () => down);
  await mqtt.start(signal);
  t.match(mqtt.health(), { state: 'degraded', reason: /not connected/ });
  const delays: number[] = [];
  for (let attempt = 0; attempt < 10; attempt += 1) {
    await settle();
    delays.push(clock.nextDueMs ?? 0);
    await clock.advanceAsync(clock.nextDueMs ?? 0);
  }
  t.same(delays, [375, 750, 1500, 3000, 6000, 12_000, 24_000, 45_000, 45_000, 45_000]);
  t.equal(dialled.length, 11);
  t.match(mqtt.health(), { state: 'degraded', reason: 'The broker is down.' });
  const warnings = lines.filter(({ level }) => level === 40);
  t.ok(warnings.length <= 3, `${warnings.length} lines`);
  t.match(warnings[0], { code: 'MQTT_UNREACHABLE', msg: 'The broker is down.', count: 1 });
  t.ok(Number(warnings[1]?.count) > 1, 'the second line counts');
});

t.test('a message that the broker refuses makes the publisher degraded', async (t) => {
  const broker = new BrokerDouble();
  broker.prompt = false;
  const { mqtt } = publisher(t, () => broker);
  mqtt.publishStatus('ready');
  await mqtt.start(signal);
  await mqtt.connected(1000);
  broker.sent[0]?.acknowledge?.(new DetectdError('MQTT_REFUSED', 'You may not.'));
  t.match(mqtt.health(), { state: 'degraded', reason: 'You may not.' });
  broker.prompt = true;
  mqtt.publishStatus('ready');
  t.equal(mqtt.health().state, 'ok');
});

t.test('close publishes stopped, waits for the acknowledgement and says goodbye', async (t) => {
  const broker = new BrokerDouble();
  const { mqtt, clock } = publisher(t, () => broker);
  mqtt.publishStatus('ready');
  await mqtt.start(signal);
  await mqtt.connected(1000);
  broker.prompt = false;
  const closed = mqtt.close();
  await settle();
  t.match(bodies(broker).at(-1), { state: 'stopped' });
  t.notOk(broker.ended, 'not before the broker has it');
  broker.prompt = true;
  broker.sent.at(-1)?.acknowledge?.();
  await closed;
  t.ok(broker.ended);
  t.equal(clock.pending, 0);
  mqtt.publishStatus('ready');
  t.match(bodies(broker).at(-1), { state: 'stopped' }, 'nothing follows it');
});

t.test('a broker that no longer answers holds up close for 2 s at most', async (t) => {
  const broker = new BrokerDouble();
  broker.prompt = false;
  const { mqtt, clock } = publisher(t, () => broker);
  await mqtt.start(signal);
  await mqtt.connected(1000);
  let closed = false;
  const closing = mqtt.close().then(() => {
    closed = true;
  });
  await clock.advanceAsync(1499);
  t.notOk(broker.ended);
  await clock.advanceAsync(501);
  t.ok(closed);
  t.ok(broker.destroyed, 'so that the broker publishes the last will');
  await closing;
});

t.test('close takes no longer than it is given', async (t) => {
  const broker = new BrokerDouble();
  broker.prompt = false;
  const { mqtt, clock } = publisher(t, () => broker);
  await mqtt.start(signal);
  await mqtt.connected(1000);
  let closed = false;
  const closing = mqtt.close(800).then(() => {
    closed = true;
  });
  await clock.advanceAsync(600);
  t.notOk(closed);
  await clock.advanceAsync(200);
  t.ok(closed);
  await closing;
});

t.test('close ends a pending attempt, a pause between two, and what was never started', async (t) => {
  const { mqtt: pausing, clock } = publisher(t, () => down);
  await pausing.start(signal);
  await settle();
  await pausing.close();
  t.equal(clock.pending, 0);

  const hanging = new MqttPublisher({
    config: mqttConfig(),
    device: 'dock-3',
    bootId: '7f3c',
    clock: new FakeClock(),
    log: logLines().log,
    dialer: {
      connect: ({ signal }) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(down))),
    },
  });
  await hanging.start(signal);
  const connected = hanging.connected(1000);
  await hanging.close();
  t.equal(await connected, false);
  t.equal(await hanging.connected(1000), false);

  const { mqtt: unstarted } = publisher(t, () => down);
  await unstarted.close();
});

t.test('an aborted start connects to nothing', async (t) => {
  const { mqtt, dialled } = publisher(t, () => down);
  await mqtt.start(AbortSignal.abort());
  t.equal(dialled.length, 0);
});

t.test('waiting for a connection ends with its time', async (t) => {
  const { mqtt, clock } = publisher(t, () => down);
  await mqtt.start(signal);
  const connected = mqtt.connected(100);
  await clock.advanceAsync(100);
  t.equal(await connected, false);
});

t.test('credentials in the address are a degraded state that does not repeat them', async (t) => {
  const { log, lines } = logLines();
  const clock = new FakeClock();
  const config = mqttConfig({ broker: 'mqtt://me:hunter2@127.0.0.1:1', password: 'hunter3' });
  const mqtt = new MqttPublisher({ config, device: 'dock-3', bootId: '7f3c', clock, log });
  await mqtt.start(signal);
  while (clock.pending === 0) await settle();
  t.match(mqtt.health(), { state: 'degraded', reason: /credentials/ });
  await mqtt.close();
  t.notMatch(JSON.stringify([lines, mqtt.health()]), /hunter/);
});

t.test('health is retained, and the end does not wait for the broker to have it', async (t) => {
  const broker = new BrokerDouble();
  const { mqtt } = publisher(t, () => broker);
  await mqtt.start(signal);
  await mqtt.connected(1000);
  mqtt.publishHealth({ schema: '1.0.0' } as never);
  t.match(broker.sent, [
    { topic: `${root}/health`, options: { qos: 0, retain: true }, acknowledge: undefined },
  ]);
  broker.bufferedBytes = 512;
  t.equal(mqtt.counters().queuedBytes, 512);
  await mqtt.close();
  t.same(broker.topics(), [`${root}/health`, `${root}/status`]);
});

t.test('another broker than the first is named, for as long as it serves', async (t) => {
  const second = new BrokerDouble();
  second.display = 'mqtt://b:1883';
  const first = new BrokerDouble();
  first.display = 'mqtt://a:1883';
  const { mqtt, dialled, clock } = publisher(t, (attempt) => [second, first][attempt] ?? down, {
    broker: ['mqtt://a', 'mqtt://b'],
    session_expiry_s: 60,
  });
  await mqtt.start(signal);
  await mqtt.connected(1000);
  t.match(mqtt.health(), {
    state: 'degraded',
    reason: /connected to mqtt:\/\/b:1883, since mqtt:\/\/a:1883/,
  });
  t.match(dialled[0], { url: ['mqtt://a', 'mqtt://b'], sessionExpiryS: 60 });
  second.lose(down);
  await clock.advanceAsync(1000);
  t.match(mqtt.health(), { state: 'ok' });
});
t.test(
  'answers to commands are sent once, with what the one who asks gave; otherwise they are dropped',
  async (t) => {
    const broker = new BrokerDouble();
    const { mqtt, lines } = publisher(t, () => broker);
    mqtt.answer('panel/7', { early: true }, undefined);
    await mqtt.start(signal);
    await mqtt.connected(1000);
    const correlationData = Buffer.from('c-1');
    mqtt.answer('panel/7', { ok: true }, correlationData);
    t.match(broker.sent, [
      {
        topic: 'panel/7',
        payload: '{"ok":true}',
        options: { qos: 1, retain: false, properties: { correlationData } },
      },
    ]);
    broker.inFlight = broker.maxInFlight;
    mqtt.answer('panel/7', { ok: true }, undefined);
    t.match(broker.sent[1], { options: { qos: 0 } }, 'a full window is not made fuller');
    broker.inFlight = 0;
    broker.bufferedBytes = 5e6;
    mqtt.answer('panel/7', { ok: true }, undefined);
    broker.bufferedBytes = 0;
    broker.maxPacketBytes = 2000;
    mqtt.answer('panel/7', { text: 'x'.repeat(2000) }, undefined);
    t.equal(broker.sent.length, 2);
    t.match(lines.at(-1), { msg: /answer to a command is larger/ });
    broker.maxPacketBytes = 1_000_000;
  },
);
