/** Commands to a running daemon over a real broker: obeyed, refused, in floods, and what a switched camera survives. */
import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectAsync, type IClientPublishOptions, type MqttClient } from 'mqtt';
import sharp from 'sharp';
import t, { type Test } from 'tap';
import type { CommandReplyPayload } from '../../dist/publish/schemas/command-schema.js';
import { type Mosquitto, mosquitto, noMosquitto } from '../helpers/mosquitto.js';
import { type MqttWatcher, mqttWatcher } from '../helpers/mqtt-watcher.js';
import { baseConfig, RunningDaemon, runDaemon } from '../helpers/running-daemon.js';
import { noGstreamer } from '../helpers/test-video.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';
import { until } from '../helpers/until.js';

const ROOT = 'detectd/test-device';
const COMMANDS = ['ping', 'reload', 'recycle', 'snapshot', 'engines', 'camera'];
const ANSWERS = 'panel/answers';
const skip = { skip: noMosquitto || noGstreamer };

interface Rig {
  broker: Mosquitto;
  client: MqttClient;
  /** Of what the device itself says. */
  watcher: MqttWatcher;
  answers: MqttWatcher;
  config: Record<string, unknown>;
}

async function rig(t: Test, remote: object = {}): Promise<Rig> {
  t.testdir();
  const broker = await mosquitto(t);
  const watcher = await mqttWatcher(t, broker.url, `${ROOT}/cameras/#`);
  await watcher.client.subscribeAsync([`${ROOT}/status`, `${ROOT}/events`, `${ROOT}/cmd/+/reply`], {
    qos: 1,
  });
  const answers = await mqttWatcher(t, broker.url, ANSWERS);
  const client = await connectAsync(broker.url, { protocolVersion: 5, reconnectPeriod: 0 });
  t.teardown(() => client.endAsync(true));
  const config = {
    mqtt: { broker: broker.url },
    models: { things: { bundle: tinyBundle(join(t.testdirName, 'bundle')), threads: 1 } },
    cameras: { gate: { source: 'test:ball', model: 'things', fps: 10 } },
    remote: { commands: COMMANDS, commands_per_minute: 6000, ...remote },
  };
  return { broker, client, watcher, answers, config };
}

let asked = 0;

/** Asks and waits for the answer. */
async function ask(
  { client, answers }: Rig,
  name: string,
  payload: object | string = '',
): Promise<CommandReplyPayload> {
  asked += 1;
  const number = `c-${asked}`;
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const before = answers.messages.length;
  const properties = { responseTopic: ANSWERS, correlationData: Buffer.from(number) };
  await client.publishAsync(`${ROOT}/cmd/${name}`, text, { qos: 1, properties });
  const fits = ({ properties: got }: { properties?: unknown }) =>
    String((got as { correlationData?: Buffer } | undefined)?.correlationData) === number;
  const all = await answers.collect((messages) => messages.slice(before).some(fits), 60_000);
  return JSON.parse(all.slice(before).find(fits)?.text ?? '{}') as CommandReplyPayload;
}

/** Waits until the device hears commands: it listens once its worker has been started. */
async function awake({ client, answers }: Rig): Promise<void> {
  const before = answers.messages.length;
  for (let tries = 0; tries < 120; tries += 1) {
    await client.publishAsync(`${ROOT}/cmd/ping`, '', { qos: 1, properties: { responseTopic: ANSWERS } });
    const heard = answers.collect((all) => all.length > before, 500);
    if (
      await heard.then(
        () => true,
        () => false,
      )
    )
      return;
  }
  throw new Error('the device does not answer');
}

/** Of the newest status of the camera. */
function cameraState({ watcher }: Rig, state: string, from = 0): Promise<unknown> {
  const topic = `${ROOT}/cameras/gate/status`;
  return watcher.collect(
    (all) => all.slice(from).some((one) => one.topic === topic && JSON.parse(one.text).state === state),
    60_000,
  );
}

t.test('a device at work obeys, and answers what it was asked', skip, async (t) => {
  const parts = await rig(t);
  const daemon = runDaemon(t, { config: parts.config });
  await cameraState(parts, 'online');

  const ping = await ask(parts, 'ping', { id: 'a' });
  t.match(ping, { ok: true, id: 'a', device: 'test-device', command: 'ping' });
  t.type(ping.result?.['uptime_s'], 'number');
  t.match(await ask(parts, 'engines'), { ok: true, result: { models: { things: { phase: String } } } });
  t.match(await ask(parts, 'format'), { ok: false, error: { code: 'COMMAND_UNKNOWN' } });
  t.match(await ask(parts, 'reload', 'PRESS'), { ok: false, error: { code: 'COMMAND_INVALID' } });

  const told = (all: { topic: string; text: string }[]) =>
    all
      .filter(({ topic }) => topic === `${ROOT}/events`)
      .map(({ text }) => JSON.parse(text))
      .filter(({ type }) => type === 'command');
  const events = told(await parts.watcher.collect((all) => told(all).length >= 4));
  t.match(events, [
    { command: 'ping', ok: true, reply_to: ANSWERS, severity: 'info' },
    { command: 'engines', ok: true },
    { command: 'format', ok: false, code: 'COMMAND_UNKNOWN', severity: 'warning' },
    { command: 'reload', ok: false, code: 'COMMAND_INVALID' },
  ]);

  const before = daemon.workerPid;
  const recycled = await ask(parts, 'recycle');
  t.match(recycled, { ok: true, result: { done: true } });
  t.not(recycled.result?.['worker'], before, 'another worker serves');

  writeFileSync(daemon.configFile, 'cameras: [');
  t.match(await ask(parts, 'reload'), { ok: false, error: { code: 'CONFIG_INVALID' } });
  t.match(await ask(parts, 'camera', { camera: 'gate', enabled: false }), {
    ok: false,
    error: { code: 'COMMAND_FAILED' },
  });
  daemon.writeConfig({
    ...baseConfig(daemon.folder, parts.config),
    remote: { commands: ['ping', 'reload'] },
  });
  t.match(await ask(parts, 'reload'), { ok: true, result: { done: true } });
  t.match(await ask(parts, 'recycle'), { ok: false, error: { code: 'COMMAND_FORBIDDEN' } });
});

t.test('a camera that was switched off stays so over a restart, until it is switched on', skip, async (t) => {
  const parts = await rig(t);
  const daemon = runDaemon(t, { config: parts.config });
  await cameraState(parts, 'online');
  const off = parts.watcher.messages.length;
  t.match(await ask(parts, 'camera', { camera: 'gate', enabled: false }), {
    ok: true,
    result: { done: true, changed: true, kept: true },
  });
  await cameraState(parts, 'disabled', off);
  const shown = JSON.parse(
    execFileSync(process.execPath, ['dist/cli.js', 'config', 'show', '-c', daemon.configFile, '--origins'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString(),
  );
  t.equal(shown.config.cameras.gate.enabled, false);
  t.strictSame(shown.origins, [{ path: 'cameras.gate.enabled', document: 'a command' }]);
  daemon.signal('SIGKILL');
  await daemon.exited;

  const again = new RunningDaemon(daemon.folder, daemon.configFile, [], process.env);
  t.teardown(async () => {
    again.signal('SIGTERM');
    await again.exited;
  });
  const restarted = parts.watcher.messages.length;
  await cameraState(parts, 'disabled', restarted);
  await awake(parts);
  t.match(await ask(parts, 'camera', { camera: 'gate', enabled: true }), {
    ok: true,
    result: { changed: true },
  });
  await cameraState(parts, 'online', restarted);
});

t.test('a flood of commands and garbage of any kind leaves the device at work', skip, async (t) => {
  const parts = await rig(t, { commands_per_minute: 60 });
  const { client, watcher } = parts;
  // What is retained before it starts is heard with the subscription.
  for (let index = 0; index < 200; index += 1)
    await client.publishAsync(`${ROOT}/cmd/x${index}`, 'garbage', { qos: 0, retain: true });
  await client.publishAsync(`${ROOT}/cmd/recycle`, '{}', { qos: 1, retain: true });
  const daemon = runDaemon(t, { config: parts.config });
  await cameraState(parts, 'online');
  t.match(await ask(parts, 'ping'), { ok: true });

  const hostile: [string, string | Buffer, IClientPublishOptions['properties']][] = [
    ['ping', Buffer.alloc(1_000_000, 0x7b), {}],
    ['ping', Buffer.from([0xbf, 0xbf, 0xbf, 0xff]), {}],
    ['ping', '['.repeat(16_000), {}],
    ['reload', '', { responseTopic: `${ROOT}/status` }],
    ['reload', '', { responseTopic: `${ROOT}/cmd/recycle` }],
    ['reload', '', { responseTopic: 'x'.repeat(60_000) }],
    ['reload', '', { responseTopic: '$SYS/x' }],
    ['ping', '', { responseTopic: ANSWERS, correlationData: Buffer.alloc(60_000) }],
    ['x'.repeat(60_000), '', {}],
    ['<script>', '', {}],
  ];
  for (const [name, payload, properties] of hostile)
    await client.publishAsync(`${ROOT}/cmd/${name}`, payload, { qos: 1, properties: properties ?? {} });
  const flood: Promise<unknown>[] = [];
  for (let index = 0; index < 10_000; index += 1)
    flood.push(client.publishAsync(`${ROOT}/cmd/ping`, '{}', { qos: index % 2 === 0 ? 0 : 1 }));
  await Promise.all(flood);
  const replies = (): CommandReplyPayload[] =>
    watcher.messages
      .filter(({ topic }) => topic.endsWith('/reply'))
      .map(({ text }) => JSON.parse(text) as CommandReplyPayload);
  await watcher.collect(() => replies().some(({ error }) => error?.code === 'COMMAND_TOO_OFTEN'), 30_000);

  const from = watcher.messages.length;
  await watcher.collect((all) => all.slice(from).some(({ topic }) => topic.endsWith('/detections')), 30_000);
  t.ok(replies().filter(({ ok }) => ok).length <= 120, 'no more than the bucket held and gained');
  t.notOk(
    daemon.lines.some(({ msg }) => /fresh worker/.test(msg)),
    'what was retained is not obeyed',
  );
  t.equal(daemon.lines.filter(({ msg }) => msg === 'worker started').length, 1);
  t.ok(
    daemon.lines.filter(({ component }) => component === 'commands').length < 150,
    'nor does the log fill',
  );
});

t.test('commands during the end are refused or go unanswered, and the end comes in time', skip, async (t) => {
  const parts = await rig(t);
  const daemon = runDaemon(t, { config: parts.config });
  await cameraState(parts, 'online');
  for (let index = 0; index < 50; index += 1)
    void parts.client.publishAsync(
      `${ROOT}/cmd/${index % 2 === 0 ? 'recycle' : 'reload'}`,
      `{"id":"${index}"}`,
      {
        qos: 1,
      },
    );
  await parts.watcher.until(({ topic }) => topic.endsWith('/reply'), 30_000);
  daemon.signal('SIGTERM');
  t.match(await daemon.exited, { code: 0 });
});

t.test('the command line tools of mosquitto are enough', skip, async (t) => {
  const parts = await rig(t);
  runDaemon(t, { config: parts.config });
  await cameraState(parts, 'online');
  const broker = ['-h', '127.0.0.1', '-p', `${parts.broker.port}`];
  const topics = ['-t', `${ROOT}/cmd/ping`, '-e', 'panel/7', '-m', '{}', '-W', '20'];
  const { stdout } = await promisify(execFile)('mosquitto_rr', [...broker, '-V', '5', ...topics]);
  t.match(JSON.parse(stdout), { ok: true, command: 'ping' });
});

t.test('a picture of a camera comes at the size of its source, and is the next one', skip, async (t) => {
  const parts = await rig(t);
  const gate = { source: 'test:ball', model: 'things', fps: 10 };
  const config = {
    ...parts.config,
    cameras: {
      gate,
      wide: { source: 'test:smpte?width=1280&height=720', model: 'things', fps: 5 },
      tiles: { ...gate, slicing: { tile: 320 } },
      drawn: { source: 'test:shapes', model: 'things', fps: 5 },
      off: { ...gate, enabled: false },
      gone: { source: 'rtsp://127.0.0.1:1/x', model: 'things' },
    },
  };
  const pictures: Buffer[] = [];
  parts.client.on('message', (_topic, payload) => pictures.push(payload));
  await parts.client.subscribeAsync(`${ROOT}/cameras/+/snapshot`);
  const daemon = runDaemon(t, { config });
  const online = (all: { topic: string; text: string }[], camera: string) =>
    all.some(
      ({ topic, text }) =>
        topic === `${ROOT}/cameras/${camera}/status` && JSON.parse(text).state === 'online',
    );
  await parts.watcher.collect(
    (all) => ['gate', 'wide', 'tiles', 'drawn'].every((camera) => online(all, camera)),
    60_000,
  );
  for (const [camera, width, height] of [
    ['gate', 640, 480],
    ['wide', 1280, 720],
    ['tiles', 640, 480],
    ['drawn', 640, 480],
  ] as const) {
    const { result } = await ask(parts, 'snapshot', { camera });
    t.match(result, { camera, width, height, topic: `${ROOT}/cameras/${camera}/snapshot` }, camera);
    await until(() => pictures.length > 0);
    const picture = pictures.shift() as Buffer;
    t.equal(picture.byteLength, result?.['bytes']);
    t.match(await sharp(picture).metadata(), { format: 'jpeg', width, height });
  }
  const times: string[] = [];
  for (let number = 0; number < 5; number += 1)
    times.push(String((await ask(parts, 'snapshot', { camera: 'gate', quality: 20 })).result?.['ts']));
  t.strictSame(times, [...new Set(times)].sort(), 'each is newer than the one before');
  for (const [camera, code, message] of [
    ['off', 'SNAPSHOT_UNAVAILABLE', /disabled/],
    ['gone', 'SNAPSHOT_UNAVAILABLE', /is (offline|connecting)/],
    ['nobody', 'COMMAND_UNKNOWN', /no camera/],
  ] as const)
    t.match(await ask(parts, 'snapshot', { camera }), { ok: false, error: { code, message } }, camera);
  t.equal(daemon.lines.filter(({ msg }) => msg === 'worker started').length, 1);
});

t.test(
  'with a session a command that comes while the device is away is obeyed when it is back',
  skip,
  async (t) => {
    const parts = await rig(t);
    const config = { ...parts.config, mqtt: { broker: parts.broker.url, session_expiry_s: 600 } };
    const daemon = runDaemon(t, { config });
    await cameraState(parts, 'online');
    await awake(parts);
    daemon.signal('SIGKILL');
    await daemon.exited;
    const answer = ask(parts, 'camera', { camera: 'gate', enabled: false });
    const again = new RunningDaemon(daemon.folder, daemon.configFile, [], process.env);
    t.teardown(async () => {
      again.signal('SIGTERM');
      await again.exited;
    });
    t.match(await answer, { ok: true, result: { changed: true } });
  },
);
