/** What a device says, to the broker of the day. */
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import { outputs } from '../../dist/config/output-schema.js';
import { UNKNOWN_DEVICE } from '../../dist/core/device-info.js';
import type { ModelState } from '../../dist/core/model-state.js';
import { Announcer, type InfoFacts } from '../../dist/publish/announcer.js';
import { checkBroker } from '../../dist/publish/broker-check.js';
import { readDeviceState } from '../../dist/publish/device-state.js';
import { EmbeddedBroker } from '../../dist/publish/embedded-broker.js';
import { frameResult } from '../helpers/frame-result.js';
import { healthReport } from '../helpers/health-report.js';
import { mqttConfig } from '../helpers/mqtt-config.js';
import { mqttWatcher } from '../helpers/mqtt-watcher.js';
import { trackEvent } from '../helpers/track-event.js';
import { modelReport } from '../helpers/worker-parts.js';

const log = pino({ level: 'silent' });
const { signal } = new AbortController();

async function broker(t: Test): Promise<EmbeddedBroker> {
  const made = new EmbeddedBroker({ host: '127.0.0.1', port: 0, clock: systemClock, log });
  await made.start(signal);
  t.teardown(() => made.close());
  return made;
}

function announcer(t: Test): Announcer {
  const made = new Announcer({ bootId: 'b00t', version: '1.2.3', clock: systemClock, log });
  t.teardown(() => made.close());
  return made;
}

function infoFacts(change: Partial<InfoFacts> = {}): InfoFacts {
  return {
    models: [modelReport()],
    stepsDown: new Map(),
    cameras: ['gate'],
    fingerprint: undefined,
    ...change,
  };
}

function modelState(change: Partial<ModelState> = {}): ModelState {
  return {
    model: 'people',
    phase: 'serving',
    building: undefined,
    active: undefined,
    previousDigest: undefined,
    update: undefined,
    error: undefined,
    stepsDown: [],
    ...change,
  };
}

const camera = { camera: 'gate', state: 'online' as const, reconnects: 2 };

t.test('another broker hears at once all that was said', async (t) => {
  const [first, second] = [await broker(t), await broker(t)];
  const voice = announcer(t);
  await voice.start(mqttConfig({ broker: first.address }), 'dock-3', signal);
  voice.status('degraded', 'a reason');
  voice.camera(camera);
  voice.info(infoFacts());
  await voice.close();

  const there = await mqttWatcher(t, second.address, 'detectd/#', { protocolVersion: 4 });
  await voice.start(mqttConfig({ broker: second.address }), 'dock-3', signal);
  const heard = async (topic: string) =>
    JSON.parse((await there.until((message) => message.topic === `detectd/dock-3/${topic}`)).text);
  t.match(await heard('status'), { state: 'degraded', reason: 'a reason', boot_id: 'b00t' });
  t.match(await heard('cameras/gate/status'), { state: 'online', reconnects: 2 });
  t.match(await heard('info'), {
    version: '1.2.3',
    cameras: ['gate'],
    models: { people: { family: 'PicoDet' } },
  });
});

t.test('what was said before the start is said then', async (t) => {
  const there = await broker(t);
  const watcher = await mqttWatcher(t, there.address, 'detectd/#', { protocolVersion: 4 });
  const voice = announcer(t);
  voice.camera(camera);
  voice.detections(frameResult({}, 1));
  t.match(voice.counters(), { published: 0, dropped: 1 }, 'what nobody could be told is lost');
  await voice.start(mqttConfig({ broker: there.address }), 'dock-3', signal);
  await watcher.until(({ topic }) => topic === 'detectd/dock-3/cameras/gate/status');
  t.same(voice.counters(), { published: 0, dropped: 1, reconnects: 0, queuedBytes: 0 });
});

t.test('a forgotten camera is gone from the broker and from memory', async (t) => {
  const there = await broker(t);
  const watcher = await mqttWatcher(t, there.address, 'detectd/#', { protocolVersion: 4 });
  const voice = announcer(t);
  await voice.start(mqttConfig({ broker: there.address }), 'dock-3', signal);
  voice.camera(camera);
  await watcher.until(({ topic, text }) => topic === 'detectd/dock-3/cameras/gate/status' && text !== '');
  voice.forget('gate');
  await watcher.until(({ topic, text }) => topic === 'detectd/dock-3/cameras/gate/status' && text === '');
});

t.test('counts follow what is seen, and end with the camera', async (t) => {
  const there = await broker(t);
  const watcher = await mqttWatcher(t, there.address, 'detectd/dock-3/cameras/+/counts', {
    protocolVersion: 4,
  });
  const voice = announcer(t);
  const labels = (want: string) =>
    watcher.until(({ text }) => text !== '' && JSON.stringify(JSON.parse(text).labels) === want);
  await voice.start(mqttConfig({ broker: there.address }), 'dock-3', signal);
  voice.camera(camera);
  voice.detections(frameResult({}, 2));
  await labels('{"person":2}');
  voice.camera({ ...camera, state: 'offline' });
  await labels('{}');
  voice.forget('gate');
  await watcher.until(({ text }) => text === '');
});

t.test('the broker inside is one of its parts, and a taken port is said', async (t) => {
  const taken = await broker(t);
  const port = Number(new URL(taken.address).port);
  const voice = announcer(t);
  await voice.start(
    mqttConfig({ broker: 'embedded', embedded: { host: '127.0.0.1', port: 0 } }),
    'dock-3',
    signal,
  );
  t.same(
    voice.services().map(({ name }) => name),
    ['embedded broker', 'mqtt', 'outbox'],
  );
  await voice.close();
  t.same(
    voice.services().map(({ name }) => name),
    ['outbox'],
  );
  const embedded = mqttConfig({ broker: 'embedded', embedded: { host: '127.0.0.1', port } });
  await t.rejects(voice.start(embedded, 'dock-3', signal), { code: 'PORT_TAKEN' });
});

const inside = (port: number) => mqttConfig({ broker: 'embedded', embedded: { host: '127.0.0.1', port } });

t.test('the numbers of messages, and what is counted, go on at another broker', async (t) => {
  const [first, second] = [await broker(t), await broker(t)];
  const there = await mqttWatcher(t, second.address, 'detectd/#', { protocolVersion: 4 });
  const voice = announcer(t);
  await voice.start(mqttConfig({ broker: first.address }), 'dock-3', signal);
  voice.detections(frameResult({}, 1));
  voice.detections(frameResult({}, 2));
  const moving = voice.move(mqttConfig({ broker: second.address }), 'dock-3', signal);
  t.equal(voice.counters().published, 2);
  await moving;
  t.equal(voice.counters().published, 2);
  voice.detections(frameResult({}, 3));
  t.equal(voice.counters().published, 3);
  const { text } = await there.until(({ topic }) => topic.endsWith('/detections'));
  t.match(JSON.parse(text), { seq: 2, boot_id: 'b00t' });
});

t.test('a move to a port that is taken leaves session and broker as they were', async (t) => {
  const taken = await broker(t);
  const voice = announcer(t);
  await voice.start(inside(0), 'dock-3', signal);
  const before = voice.services();
  await t.rejects(voice.move(inside(Number(new URL(taken.address).port)), 'dock-3', signal), {
    code: 'PORT_TAKEN',
  });
  t.same(voice.services(), before);
  t.ok(voice.services().every((service, at) => service === before[at]));
});

t.test('other settings on the own port move there, since the port is let go first', async (t) => {
  const free = await broker(t);
  const port = Number(new URL(free.address).port);
  await free.close();
  const voice = announcer(t);
  await voice.start(inside(port), 'dock-3', signal);
  const [before] = voice.services();
  await voice.move({ ...inside(port), keepalive_s: 77 }, 'dock-3', signal);
  const [after] = voice.services();
  t.not(after, before);
  t.equal(after?.health().state, 'ok');
});

t.test('a move back is made when the own port cannot be taken again', async (t) => {
  const free = await broker(t);
  const port = Number(new URL(free.address).port);
  await free.close();
  const voice = announcer(t);
  await voice.start(inside(port), 'dock-3', signal);
  const foreign = { ...inside(port), embedded: { host: '192.0.2.1', port } };
  await t.rejects(voice.move(foreign, 'dock-3', signal), { code: 'CONFIG_INVALID' });
  t.same(
    voice.services().map((service) => [service.name, service.health().state]),
    [
      ['embedded broker', 'ok'],
      ['mqtt', 'ok'],
      ['outbox', 'ok'],
    ],
  );
});

t.test('a move that is interrupted leaves nothing behind', async (t) => {
  const voice = announcer(t);
  await voice.start(inside(0), 'dock-3', signal);
  await voice.move(inside(0), 'dock-3', AbortSignal.abort());
  t.same(
    voice.services().map(({ name }) => name),
    ['outbox'],
  );
});

t.test('a login of the configuration guards the broker inside, for its own clients too', async (t) => {
  const free = await broker(t);
  const port = Number(new URL(free.address).port);
  await free.close();
  const voice = announcer(t);
  const login = { username: 'dock', password: 'hunter22' };
  const config = mqttConfig({ embedded: { port }, ...login });
  await voice.start(config, 'dock-3', signal);
  t.equal(
    voice.services().every((service) => service.health().state === 'ok'),
    true,
  );
  voice.status('ready', '');
  voice.info(infoFacts({ cameras: [] }));
  voice.model(modelState());
  t.match(await readDeviceState(config, 'dock-3', { timeoutMs: 5000 }), { status: { state: 'ready' } });
  t.match(await checkBroker(config, 'dock-3', { timeoutMs: 5000 }), { ok: true, protocol: '3.1.1' });
  const stranger = mqttConfig({ embedded: { port } });
  await t.rejects(readDeviceState(stranger, 'dock-3', { timeoutMs: 5000 }), { code: 'MQTT_REFUSED' });
  t.match(await checkBroker({ ...config, password: 'wrong' }, 'dock-3', { timeoutMs: 5000 }), {
    ok: false,
    error: { code: 'MQTT_REFUSED' },
  });
});

t.test('another broker hears of the models, too', async (t) => {
  const [first, second] = [await broker(t), await broker(t)];
  const there = await mqttWatcher(t, second.address, 'detectd/#', { protocolVersion: 4 });
  const voice = announcer(t);
  await voice.start(mqttConfig({ broker: first.address }), 'dock-3', signal);
  voice.model(modelState());
  await voice.move(mqttConfig({ broker: second.address }), 'dock-3', signal);
  const { text } = await there.until(({ topic }) => topic === 'detectd/dock-3/models/people/state');
  t.match(JSON.parse(text), { model: 'people', phase: 'serving', boot_id: 'b00t', steps_down: [] });
  voice.forgetModel('people');
  await there.until(({ topic, text }) => topic === 'detectd/dock-3/models/people/state' && text === '');
});

t.test('a build that nobody makes any more is not said to go on', async (t) => {
  const there = await broker(t);
  const watcher = await mqttWatcher(t, there.address, 'detectd/#', { protocolVersion: 4 });
  const voice = announcer(t);
  await voice.start(mqttConfig({ broker: there.address }), 'dock-3', signal);
  const building = { provider: 'cpu', precision: 'fp32', elapsedMs: 1000, expectedMs: undefined } as const;
  voice.model(modelState({ phase: 'building', building }));
  voice.model(modelState({ model: 'cars' }));
  await voice.close();
  const { text } = await watcher.until(
    ({ topic, text }) => topic.endsWith('/models/people/state') && text.includes('waiting'),
  );
  t.notOk('elapsed_s' in JSON.parse(text));
  t.equal(watcher.messages.filter(({ topic }) => topic.endsWith('/models/cars/state')).length, 1);
});

t.test('what the machine is is said with the models', async (t) => {
  const there = await broker(t);
  const watcher = await mqttWatcher(t, there.address, 'detectd/#', { protocolVersion: 4 });
  const voice = announcer(t);
  await voice.start(mqttConfig({ broker: there.address }), 'dock-3', signal);
  const fingerprint = { ...UNKNOWN_DEVICE, l4t: '36.4.4' };
  voice.info(infoFacts({ fingerprint }));
  const { text } = await watcher.until(({ topic }) => topic === 'detectd/dock-3/info');
  t.strictSame(JSON.parse(text).fingerprint, { l4t: '36.4.4' });
});

t.test('the newest health is said at once, and again to another broker', async (t) => {
  const [first, second] = [await broker(t), await broker(t)];
  const here = await mqttWatcher(t, first.address, 'detectd/#', { protocolVersion: 4 });
  const voice = announcer(t);
  voice.health(healthReport({ uptimeS: 1 }));
  voice.health(healthReport({ uptimeS: 2 }));
  await voice.start(mqttConfig({ broker: first.address }), 'dock-3', signal);
  const isHealth = ({ topic }: { topic: string }) => topic === 'detectd/dock-3/health';
  t.match(JSON.parse((await here.until(isHealth)).text), { device: 'dock-3', boot_id: 'b00t', uptime_s: 2 });
  voice.health(healthReport({ uptimeS: 3 }));
  await here.until((message) => isHealth(message) && JSON.parse(message.text).uptime_s === 3);
  t.equal(here.messages.filter(isHealth).length, 2);
  await voice.move(mqttConfig({ broker: second.address }), 'dock-3', signal);
  const there = await mqttWatcher(t, second.address, 'detectd/#', { protocolVersion: 4 });
  t.match(JSON.parse((await there.until(isHealth)).text), { uptime_s: 3 });
});

t.test('what is told in other forms goes to the broker of the day, and only what is wanted', async (t) => {
  const [first, second] = [await broker(t), await broker(t)];
  const voice = announcer(t);
  await voice.outputs(
    outputs.parse({ detections: false, deepstream: { enabled: true }, frigate: { enabled: true } }),
  );
  for (const there of [first, second]) {
    const watcher = await mqttWatcher(t, there.address, '#', { protocolVersion: 4 });
    await voice.move(mqttConfig({ broker: there.address }), 'dock-3', signal);
    voice.camera(camera);
    voice.detections(frameResult({}, 1));
    voice.track(trackEvent());
    const said = (topic: string, text: RegExp) =>
      watcher.until((message) => message.topic === topic && text.test(message.text));
    await said('frigate/available', /^online$/);
    await said('frigate/gate/status/detect', /^online$/);
    await said('frigate/gate/enabled/state', /^ON$/);
    await said('frigate/events', /"type":"(new|update)"/);
    await said('deepstream', /"sensorId":"gate"/);
    t.notOk(watcher.messages.some(({ topic }) => topic.endsWith('/detections')));
  }
  const late = await mqttWatcher(t, first.address, 'frigate/#', { protocolVersion: 4 });
  await late.until(({ topic, text }) => topic === 'frigate/available' && text === 'stopped');
  voice.forget('gate');
  await voice.outputs(outputs.parse({}));
  const after = await mqttWatcher(t, second.address, '#', { protocolVersion: 4 });
  voice.detections(frameResult({}, 1));
  await after.until(({ topic }) => topic === 'detectd/dock-3/cameras/gate/detections');
  t.notOk(
    after.messages.some(({ topic }) => topic.startsWith('frigate/gate/')),
    'nothing of it stays',
  );
  t.equal(voice.counters().published, 3);
});
