/** The whole daemon as a user runs it: frames in, messages out, and what it does when things go wrong. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { freePort, Mosquitto, mosquitto, noMosquitto } from '../helpers/mosquitto.js';
import { type MqttWatcher, mqttWatcher } from '../helpers/mqtt-watcher.js';
import { baseConfig, type DaemonSetup, type RunningDaemon, runDaemon } from '../helpers/running-daemon.js';
import { noGstreamer, testVideo } from '../helpers/test-video.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';

const skip = { skip: noMosquitto || noGstreamer };
const DEVICE = 'detectd/test-device';

interface Running {
  broker: Mosquitto;
  watcher: MqttWatcher;
  daemon: RunningDaemon;
  config: Record<string, unknown>;
}

function cameras(t: Test, broker: string): Record<string, unknown> {
  return {
    mqtt: { broker },
    models: { things: { bundle: tinyBundle(join(t.testdirName, 'bundle')), threads: 1 } },
    cameras: { gate: { source: 'test:ball', model: 'things', fps: 25 } },
    worker: { restart_delay_s: 0.1, hang_timeout_s: 3 },
  };
}

/** A daemon with one camera that never ends, at work. */
async function atWork(t: Test, setup: Partial<DaemonSetup> = {}): Promise<Running> {
  t.testdir();
  const broker = await mosquitto(t);
  const watcher = await mqttWatcher(t, broker.url, 'detectd/#');
  const config = { ...cameras(t, broker.url), ...setup.config };
  const daemon = runDaemon(t, { ...setup, config });
  await detection(watcher);
  return { broker, watcher, daemon, config };
}

/** Waits for `count` detections messages that have not come yet. */
async function detection(watcher: MqttWatcher, count = 1): Promise<void> {
  const isDetection = ({ topic }: { topic: string }) => topic.endsWith('/detections');
  const before = watcher.messages.filter(isDetection).length;
  await watcher.collect((all) => all.filter(isDetection).length >= before + count, 60_000);
}

async function status(watcher: MqttWatcher, state: string, from = 0): Promise<Record<string, unknown>> {
  const message = await watcher.collect(
    (all) =>
      all
        .slice(from)
        .some(({ topic, text }) => topic === `${DEVICE}/status` && JSON.parse(text).state === state),
    60_000,
  );
  const found = message
    .slice(from)
    .find(({ topic, text }) => topic === `${DEVICE}/status` && JSON.parse(text).state === state);
  return JSON.parse(found?.text ?? '{}') as Record<string, unknown>;
}

function sequences(watcher: MqttWatcher): number[] {
  return watcher.messages
    .filter(({ topic }) => topic.endsWith('/detections'))
    .map(({ text }) => JSON.parse(text).seq as number);
}

const gapless = (numbers: number[]) => numbers.every((number, index) => number === index);

t.test('every frame of a file becomes a message, then the daemon ends', skip, async (t) => {
  const folder = t.testdir();
  const broker = await mosquitto(t);
  const watcher = await mqttWatcher(t, broker.url, 'detectd/#');
  const source = `file:${testVideo(join(folder, 'clip.avi'), 120)}`;
  const config = {
    ...cameras(t, broker.url),
    cameras: { clip: { source, model: 'things', every_frame: true } },
  };
  const daemon = runDaemon(t, { config, args: ['--exit-at-end'] });
  t.same(await daemon.exited, { code: 0, signal: null }, daemon.stderr);
  await status(watcher, 'stopped');
  t.equal(sequences(watcher).length, 120);
  t.ok(gapless(sequences(watcher)));
  const first = JSON.parse(watcher.messages.find(({ topic }) => topic.endsWith('/detections'))?.text ?? '{}');
  t.match(first, {
    schema: '1.1.0',
    device: 'test-device',
    camera: 'clip',
    seq: 0,
    image: { w: 64, h: 48 },
    model: { name: 'things', digest: /^sha256:[0-9a-f]{64}$/ },
    objects: [{ label: 'thing', bbox_px: [4, 4, 20, 20], bbox: { x: 0.0625 } }],
  });
  const states = watcher.messages
    .filter(({ topic }) => topic === `${DEVICE}/cameras/clip/status`)
    .map(({ text }) => JSON.parse(text).state);
  t.same(states.at(-1), 'ended');
});

t.test('a killed worker is replaced while the MQTT session lives on', skip, async (t) => {
  const { broker, watcher, daemon } = await atWork(t);
  const killed = daemon.workerPid;
  const from = watcher.messages.length;
  process.kill(killed, 'SIGKILL');
  t.match((await status(watcher, 'degraded', from))['reason'], /SIGKILL/);
  await detection(watcher, 5);
  await status(watcher, 'ready', from);
  t.not(daemon.workerPid, killed);
  t.ok(gapless(sequences(watcher)), 'seq goes on without a gap');
  t.equal(broker.log.match(/as detectd-test-device/g)?.length, 1, 'one connection in all');
});

t.test('a hung worker is found, killed and replaced', skip, async (t) => {
  const { watcher, daemon } = await atWork(t);
  process.kill(daemon.workerPid, 'SIGSTOP');
  const line = await daemon.line(/worker failed/);
  t.equal(line.code, 'WORKER_HUNG');
  await detection(watcher, 5);
});

t.test('SIGTERM ends in order: stopped is published and nothing is left', skip, async (t) => {
  const { watcher, daemon } = await atWork(t);
  const { workerPid } = daemon;
  daemon.signal('SIGTERM');
  t.same(await daemon.exited, { code: 0, signal: null });
  await status(watcher, 'stopped');
  t.notOk(watcher.messages.some(({ text }) => text.includes('"state":"lost"')));
  t.throws(() => process.kill(workerPid, 0), { code: 'ESRCH' }, 'the worker is gone');
});

t.test('SIGTERM ends also a daemon whose worker hangs', skip, async (t) => {
  const { watcher, daemon } = await atWork(t, { config: { worker: { hang_timeout_s: 600 } } });
  process.kill(daemon.workerPid, 'SIGSTOP');
  daemon.signal('SIGTERM');
  t.same(await daemon.exited, { code: 0, signal: null });
  await status(watcher, 'stopped');
});

t.test('SIGTERM ends also a daemon whose worker and broker both hang', skip, async (t) => {
  const { daemon, broker } = await atWork(t, { config: { worker: { hang_timeout_s: 600 } } });
  const worker = daemon.workerPid;
  process.kill(worker, 'SIGSTOP');
  process.kill(broker.pid, 'SIGSTOP');
  daemon.signal('SIGTERM');
  t.same(await daemon.exited, { code: 0, signal: null });
  await gone(worker);
});

t.test('a worker does not outlive a daemon that was killed, and the broker says lost', skip, async (t) => {
  const { watcher, daemon } = await atWork(t);
  const { workerPid } = daemon;
  daemon.signal('SIGKILL');
  await status(watcher, 'lost');
  await gone(workerPid);
  t.pass('the worker ended by itself');
});

t.test('a broken configuration is refused whole at a reload and the old one stays', skip, async (t) => {
  const { watcher, daemon } = await atWork(t);
  const { workerPid } = daemon;
  writeFileSync(daemon.configFile, 'cameras: { gate: { source: "test:ball", model: nobody, fsp: 3 } }\n');
  daemon.signal('SIGHUP');
  const line = await daemon.line(/reload refused/);
  t.match(line.msg, /"fsp".*did you mean "fps"/s);
  await detection(watcher, 3);
  t.equal(daemon.workerPid, workerPid);
});

t.test('a reload that adds and removes cameras leaves worker and session alone', skip, async (t) => {
  const { broker, watcher, daemon, config } = await atWork(t);
  const { workerPid } = daemon;
  const countsOf = (camera: string) => `${DEVICE}/cameras/${camera}/counts`;
  const counted = (camera: string) =>
    watcher.until(({ topic, text }) => topic === countsOf(camera) && text.includes('"labels":{"'), 60_000);
  await counted('gate');
  const next = { ...config, cameras: { yard: { source: 'test:snow', model: 'things', fps: 25 } } };
  daemon.writeConfig(baseConfig(daemon.folder, next));
  daemon.signal('SIGHUP');
  await watcher.until(({ topic }) => topic === `${DEVICE}/cameras/yard/detections`, 60_000);
  await watcher.until(({ topic, text }) => topic === `${DEVICE}/cameras/gate/status` && text === '', 60_000);
  t.equal(daemon.workerPid, workerPid);
  t.equal(broker.log.match(/as detectd-test-device/g)?.length, 1);
  // By then frames would be counted that the worker still had.
  await counted('yard');
  const last = watcher.messages.filter(({ topic }) => topic === countsOf('gate')).at(-1);
  t.equal(last?.text, '', 'nothing is counted of a camera that is gone');
});

t.test('a reload with another threshold disturbs neither worker nor session', skip, async (t) => {
  const { broker, watcher, daemon, config } = await atWork(t);
  const { workerPid } = daemon;
  reconfigure(daemon, config, { threshold: 0.95 });
  daemon.signal('SIGHUP');
  await watcher.until(
    ({ topic, text }) => topic.endsWith('/detections') && JSON.parse(text).objects.length === 0,
    60_000,
  );
  t.equal(daemon.workerPid, workerPid);
  t.ok(gapless(sequences(watcher)));
  t.equal(broker.log.match(/as detectd-test-device/g)?.length, 1, 'one connection in all');
});

t.test('a reload with another bundle replaces the worker and keeps the session', skip, async (t) => {
  const { broker, watcher, daemon, config } = await atWork(t);
  const { workerPid } = daemon;
  reconfigure(daemon, config, { bundle: tinyBundle(join(daemon.folder, 'second')) });
  daemon.signal('SIGHUP');
  await daemon.line(({ msg, pid }) => msg === 'worker started' && pid !== workerPid);
  await detection(watcher, 5);
  t.ok(gapless(sequences(watcher)));
  t.equal(broker.log.match(/as detectd-test-device/g)?.length, 1, 'one connection in all');
});

t.test('a model that does not load is not taken, and the one before works on', skip, async (t) => {
  const { watcher, daemon, config } = await atWork(t);
  const { workerPid } = daemon;
  reconfigure(daemon, config, { bundle: '/no/such/bundle' });
  daemon.signal('SIGHUP');
  const from = watcher.messages.length;
  const state = await watcher.until(
    ({ topic, text }) => /models.*state$/.test(topic) && text.includes('BUNDLE'),
  );
  t.match(JSON.parse(state.text), { update: { error: { code: 'BUNDLE_NOT_FOUND' } } });
  await watcher.collect(
    (messages) => messages.slice(from).filter(({ topic }) => topic.endsWith('/detections')).length > 3,
  );
  t.equal(daemon.workerPid, workerPid);
});

t.test('a reload with another broker moves there and says stopped to the old one', skip, async (t) => {
  const { watcher, daemon, config } = await atWork(t);
  const { workerPid } = daemon;
  const second = await mosquitto(t);
  const there = await mqttWatcher(t, second.url, 'detectd/#');
  daemon.writeConfig(baseConfig(daemon.folder, { ...config, mqtt: { broker: second.url } }));
  daemon.signal('SIGHUP');
  await detection(there, 3);
  await status(watcher, 'stopped');
  const [last, first] = [sequences(watcher).at(-1) ?? -1, sequences(there).at(0) ?? -1];
  t.ok(first > last, `numbers go on: ${last}, then ${first}`);
  t.match(await there.until(({ topic }) => topic === `${DEVICE}/info`), { retain: false });
  t.equal(daemon.workerPid, workerPid);
});

t.test('without a broker the daemon works on and is ready once it comes', skip, async (t) => {
  t.testdir();
  const broker = new Mosquitto(await freePort(), ['allow_anonymous true']);
  t.teardown(() => broker.remove());
  const daemon = runDaemon(t, { config: cameras(t, broker.url) });
  await daemon.line(({ msg }) => /^degraded: mqtt: /.test(msg));
  await daemon.line(/camera "gate" is online/);
  await broker.start();
  const watcher = await mqttWatcher(t, broker.url, 'detectd/#');
  await detection(watcher, 3);
  await status(watcher, 'ready');
});

t.test('a missing bundle is degraded with its reason, and cured by putting it there', skip, async (t) => {
  t.testdir();
  const broker = await mosquitto(t);
  const watcher = await mqttWatcher(t, broker.url, 'detectd/#');
  const bundle = join(t.testdirName, 'later');
  const config = { ...cameras(t, broker.url), models: { things: { bundle } } };
  const daemon = runDaemon(t, { config });
  t.match((await status(watcher, 'degraded'))['reason'], /later/);
  t.equal((await daemon.line(/worker failed/)).code, 'BUNDLE_NOT_FOUND');
  tinyBundle(bundle);
  await detection(watcher, 3);
  await status(watcher, 'ready');
});

t.test('a camera that cannot be opened is offline while the others run', skip, async (t) => {
  t.testdir();
  const broker = await mosquitto(t);
  const watcher = await mqttWatcher(t, broker.url, 'detectd/#');
  const base = cameras(t, broker.url);
  const config = {
    ...base,
    cameras: { ...(base['cameras'] as object), usb: { source: 'v4l2:/dev/video99', model: 'things' } },
  };
  runDaemon(t, { config });
  const message = await watcher.until(
    ({ topic, text }) => topic === `${DEVICE}/cameras/usb/status` && JSON.parse(text).state === 'offline',
    60_000,
  );
  t.match(JSON.parse(message.text), { code: 'CAMERA_OPEN', reason: /video99/ });
  await detection(watcher, 3);
  t.match((await status(watcher, 'degraded'))['reason'], /"usb"/);
});

t.test('secrets stay out of the log, the messages and the errors', skip, async (t) => {
  t.testdir();
  const [camera, login] = ['s3cret-camera', 's3cret-login'];
  const broker = await mosquitto(t);
  const watcher = await mqttWatcher(t, broker.url, 'detectd/#');
  const base = cameras(t, broker.url);
  const nobody = await freePort();
  const daemon = runDaemon(t, {
    env: { ...process.env, CAMERA_PASSWORD: camera, MQTT_PASSWORD: login },
    config: {
      ...base,
      log: { level: 'trace', format: 'json' },
      mqtt: { broker: broker.url, username: 'dock', password: '${MQTT_PASSWORD}' },
      cameras: {
        ...(base['cameras'] as object),
        net: { source: `rtsp://admin:\${CAMERA_PASSWORD}@127.0.0.1:${nobody}/main`, model: 'things' },
        mjpeg: { source: `http://admin:\${CAMERA_PASSWORD}@127.0.0.1:${nobody}/`, model: 'things' },
      },
    },
  });
  for (const name of ['net', 'mjpeg'])
    await watcher.until(
      ({ topic, text }) =>
        topic === `${DEVICE}/cameras/${name}/status` && JSON.parse(text).state === 'offline',
      60_000,
    );
  daemon.signal('SIGTERM');
  await daemon.exited;
  const everything = JSON.stringify([daemon.lines, daemon.stderr, watcher.messages]);
  t.notOk(everything.includes(camera), 'of a camera');
  t.notOk(everything.includes(login), 'of the broker');
});

t.test('the embedded broker needs nothing else', { skip: noGstreamer }, async (t) => {
  t.testdir();
  const port = await freePort();
  const daemon = runDaemon(t, {
    config: { ...cameras(t, 'embedded'), mqtt: { broker: 'embedded', embedded: { port } } },
  });
  await daemon.line(/connected to the MQTT broker/);
  const watcher = await mqttWatcher(t, `mqtt://127.0.0.1:${port}`, 'detectd/#', { protocolVersion: 4 });
  await detection(watcher, 3);
});

t.test('what keeps the daemon from starting is said with its code and the way out', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as { port: number };
  const folder = t.testdir({ file: '', 'empty.avi': '', 'text.avi': 'this is no video\n' });
  const base = { ...cameras(t, 'embedded'), mqtt: { broker: 'embedded', embedded: { port: 0 } } };
  const clip = (name: string) => ({
    cameras: { clip: { source: `file:${join(folder, name)}`, model: 'things' } },
  });
  const cases: {
    name: string;
    config: Record<string, unknown>;
    args?: string[];
    code: string;
    status: number;
  }[] = [
    {
      name: 'a port that is taken',
      config: { ...base, mqtt: { broker: 'embedded', embedded: { port } } },
      code: 'PORT_TAKEN',
      status: 1,
    },
    {
      name: 'a folder that is a file',
      config: { ...base, paths: { cache: join(folder, 'file') } },
      code: 'FOLDER_UNWRITABLE',
      status: 1,
    },
    { name: 'an unknown key', config: { ...base, camras: {} }, code: 'CONFIG_INVALID', status: 2 },
    { name: '--exit-at-end with a camera', config: base, args: ['--exit-at-end'], code: 'USAGE', status: 2 },
    {
      name: 'an empty video',
      config: { ...base, ...clip('empty.avi') },
      args: ['--exit-at-end'],
      code: 'VIDEO_UNREADABLE',
      status: 1,
    },
    {
      name: 'a text as video',
      config: { ...base, ...clip('text.avi') },
      args: ['--exit-at-end'],
      code: 'VIDEO_UNREADABLE',
      status: 1,
    },
    {
      name: 'no video',
      config: { ...base, ...clip('none.avi') },
      args: ['--exit-at-end'],
      code: 'VIDEO_UNREADABLE',
      status: 1,
    },
  ];
  for (const { name, config, args, code, status } of cases)
    await t.test(name, async (t) => {
      const daemon = runDaemon(t, { config, args: args ?? [] });
      const exit = await daemon.exited;
      t.match(daemon.stderr, new RegExp(`^${code}: [^]+\n {2}.+`), daemon.stderr);
      t.equal(exit.code, status);
    });
});

/** Writes the configuration anew with other settings of its model. */
function reconfigure(daemon: RunningDaemon, config: Record<string, unknown>, change: object): void {
  const models = Object.entries(config['models'] as Record<string, object>);
  const changed = Object.fromEntries(models.map(([name, model]) => [name, { ...model, ...change }]));
  daemon.writeConfig(baseConfig(daemon.folder, { ...config, models: changed }));
}

/** Resolves when no process has that number any more. */
async function gone(pid: number): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    if (Date.now() > deadline) throw new Error(`process ${pid} is still there`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

t.test('an object keeps its id across a worker that is killed, and ends with the daemon', skip, async (t) => {
  const { watcher, daemon } = await atWork(t);
  const events = () =>
    watcher.messages
      .filter(({ topic }) => topic === `${DEVICE}/cameras/gate/events`)
      .map(({ text }) => JSON.parse(text));
  await watcher.until(({ topic }) => topic.endsWith('/cameras/gate/events'));
  const before = watcher.messages.length;
  process.kill(daemon.workerPid, 'SIGKILL');
  await daemon.line(/worker failed/);
  await detection(watcher, 3);
  const [first] = events();
  t.match(first, { type: 'new', seq: 0, camera: 'gate', label: 'thing', hits: 3 });
  const ids = watcher.messages
    .slice(before)
    .filter(({ topic }) => topic.endsWith('/detections'))
    .flatMap(({ text }) => JSON.parse(text).objects.map((object: { track_id?: string }) => object.track_id));
  t.same(new Set(ids), new Set([first.id]));
  daemon.signal('SIGTERM');
  await daemon.exited;
  t.match(events().at(-1), { type: 'end', id: first.id });
  t.same(
    events().map(({ seq }) => seq),
    [...events().keys()],
  );
});
