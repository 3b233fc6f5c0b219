/** One worker takes over from another in the real daemon: what subscribers see of it, and what goes wrong on the way. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { freePort, mosquitto, noMosquitto } from '../helpers/mosquitto.js';
import { type MqttWatcher, mqttWatcher } from '../helpers/mqtt-watcher.js';
import { httpCamera, jpeg, noRtspServer, rtspServer, streamMjpeg } from '../helpers/network-camera.js';
import { isAlive } from '../helpers/process-tree.js';
import { baseConfig, type LogLine, type RunningDaemon, runDaemon } from '../helpers/running-daemon.js';
import { noGstreamer, testVideo } from '../helpers/test-video.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';
import { until } from '../helpers/until.js';

const skip = { skip: noMosquitto || noGstreamer };
/** A time stamp is in whole milliseconds, from two clocks. */
const ROUNDING_MS = 3;
const DEVICE = 'detectd/test-device';

interface Detections {
  camera: string;
  seq: number;
  ts: string;
  model: { name: string; version: string };
}

interface Running {
  watcher: MqttWatcher;
  daemon: RunningDaemon;
  /** Has the daemon read a configuration with the model of that number. */
  reload: (model: number) => void;
}

/** A daemon at work on these cameras with the first of several models. */
async function atWork(t: Test, cameras: Record<string, object>): Promise<Running> {
  t.testdir();
  const broker = await mosquitto(t);
  const watcher = await mqttWatcher(t, broker.url, 'detectd/#');
  const config = (model: number) => ({
    mqtt: { broker: broker.url },
    // Another name: a new version of a model is tried before it takes over. Another box, so that the digests differ.
    models: {
      [`things${model}`]: {
        bundle: tinyBundle(join(t.testdirName, `bundle${model}`), { box: [4, 4, 20, 20 + model] }),
        threads: 1,
      },
    },
    cameras: Object.fromEntries(
      Object.entries(cameras).map(([name, camera]) => [name, { model: `things${model}`, ...camera }]),
    ),
    worker: { restart_delay_s: 0.1 },
  });
  const daemon = runDaemon(t, { config: config(1) });
  const reload = (model: number): void => {
    daemon.writeConfig(baseConfig(daemon.folder, config(model)));
    daemon.signal('SIGHUP');
  };
  for (const name of Object.keys(cameras)) await watcher.until(isDetectionsOf(name), 60_000);
  return { watcher, daemon, reload };
}

function isDetectionsOf(camera: string): ({ topic }: { topic: string }) => boolean {
  return ({ topic }) => topic === `${DEVICE}/cameras/${camera}/detections`;
}

function detections(watcher: MqttWatcher, camera: string): Detections[] {
  return watcher.messages
    .filter(isDetectionsOf(camera))
    .map(({ text }) => ({ ...(JSON.parse(text) as Detections), camera }));
}

/** The models of a camera's messages, each once, in the order in which they came. */
function modelsOf(watcher: MqttWatcher, camera: string): string[] {
  const versions = detections(watcher, camera).map(({ model }) => model.version);
  return versions.filter((version, index) => version !== versions[index - 1]);
}

/** Waits until `count` messages of the model after the first have come from a camera. */
async function served(watcher: MqttWatcher, camera: string, models: number, count = 5): Promise<void> {
  await watcher.collect(() => {
    const all = detections(watcher, camera);
    const last = all.at(-1)?.model.version;
    const latest = all.slice(all.findIndex(({ model }) => model.version === last));
    return modelsOf(watcher, camera).length === models && latest.length >= count;
  }, 60_000);
}

const isStart = ({ msg, beside }: LogLine): boolean => msg === 'worker started' && beside !== undefined;

/** The worker that is started for the reload of that number; others are started for engines that were built. */
async function replacement(daemon: RunningDaemon, reload = 1): Promise<LogLine> {
  const isApplied = ({ msg }: LogLine): boolean => msg === 'configuration applied';
  await daemon.line(() => daemon.lines.filter(isApplied).length >= reload);
  const applied = daemon.lines.flatMap((line, index) => (isApplied(line) ? [index] : []))[reload - 1];
  return daemon.lines.slice(0, applied).findLast(isStart) as LogLine;
}

/** In order, without gap, and of one worker at a time. */
function inOrder(t: Test, watcher: MqttWatcher, camera: string): void {
  const all = detections(watcher, camera);
  t.ok(
    all.every(({ seq }, index) => seq === index),
    `${camera}: seq goes on without a gap`,
  );
  t.ok(
    all.every(
      ({ ts }, index) => index === 0 || Date.parse(ts) > Date.parse(all[index - 1]?.ts ?? '') - ROUNDING_MS,
    ),
    `${camera}: in the order of capture`,
  );
}

function cameraStates(watcher: MqttWatcher, camera: string): string[] {
  return watcher.messages
    .filter(({ topic }) => topic === `${DEVICE}/cameras/${camera}/status`)
    .map(({ text }) => JSON.parse(text).state as string);
}

function deviceStates(watcher: MqttWatcher): string[] {
  return watcher.messages
    .filter(({ topic }) => topic === `${DEVICE}/status`)
    .map(({ text }) => JSON.parse(text).state as string);
}

t.test('a new model takes over from the one that serves, camera by camera', skip, async (t) => {
  const { watcher, daemon, reload } = await atWork(t, {
    gate: { source: 'test:ball', fps: 25 },
    yard: { source: 'test:snow', fps: 25 },
  });
  const { workerPid } = daemon;
  reload(2);
  const start = await replacement(daemon);
  t.ok(start['beside'], 'the new one is started beside the old one');
  await daemon.line(/^worker took over$/);
  for (const camera of ['gate', 'yard']) {
    await served(watcher, camera, 2);
    t.equal(modelsOf(watcher, camera).length, 2, `${camera}: first the old model, then the new one`);
    inOrder(t, watcher, camera);
  }
  t.ok(!isAlive(workerPid), 'the old worker is gone');
  t.notOk(deviceStates(watcher).includes('updating'), 'nothing has stopped');
  t.notOk(deviceStates(watcher).includes('degraded'));
  const states = cameraStates(watcher, 'gate');
  t.notOk(states.slice(states.indexOf('online')).includes('connecting'), 'the camera stays online');
});

t.test('a source that only one can open goes over when the old worker is gone', skip, async (t) => {
  const { watcher, daemon, reload } = await atWork(t, {
    gate: { source: 'test:ball', fps: 25 },
    own: { source: 'gst:videotestsrc is-live=true ! video/x-raw,framerate=25/1,width=64,height=48' },
  });
  reload(2);
  await daemon.line(/^worker took over$/);
  for (const camera of ['gate', 'own']) {
    await served(watcher, camera, 2);
    inOrder(t, watcher, camera);
  }
});

t.test('a camera on the network goes over', { skip: skip.skip || noRtspServer }, async (t) => {
  const port = await freePort();
  await rtspServer(t, port);
  const { watcher, daemon, reload } = await atWork(t, { gate: { source: `rtsp://127.0.0.1:${port}/video` } });
  reload(2);
  await daemon.line(/^worker took over$/);
  await served(watcher, 'gate', 2);
  inOrder(t, watcher, 'gate');
  const states = cameraStates(watcher, 'gate');
  t.notOk(states.slice(states.indexOf('online')).includes('connecting'), 'it stays online');
});

t.test('a camera that refuses a second client goes over when the old worker is gone', skip, async (t) => {
  const picture = jpeg(t, 64);
  let clients = 0;
  const refused: number[] = [];
  const source = await httpCamera(t, (_request, response) => {
    if (clients > 0) {
      refused.push(clients);
      response.writeHead(503).end();
      return;
    }
    clients += 1;
    response.on('close', () => {
      clients -= 1;
    });
    streamMjpeg(response, picture);
  });
  const { watcher, daemon, reload } = await atWork(t, { gate: { source } });
  reload(2);
  await daemon.line(/^worker took over$/);
  await served(watcher, 'gate', 2);
  inOrder(t, watcher, 'gate');
  t.ok(refused.length > 0, 'the new worker has tried it beside the old one');
  t.notOk(cameraStates(watcher, 'gate').includes('offline'), 'which nobody had to know');
});

t.test('a file in a loop goes over, with every frame of it or the newest', skip, async (t) => {
  const source = `file:${testVideo(join(t.testdir(), '..', 'loop.avi'), 50)}`;
  const { watcher, reload } = await atWork(t, {
    newest: { source, loop: true },
    every: { source, loop: true, every_frame: true, fps: 25 },
  });
  reload(2);
  for (const camera of ['newest', 'every']) {
    await served(watcher, camera, 2, 20);
    inOrder(t, watcher, camera);
  }
});

t.test('a new worker that dies leaves the old one at work and is tried again', skip, async (t) => {
  const { watcher, daemon, reload } = await atWork(t, { gate: { source: 'test:ball', fps: 25 } });
  const { workerPid } = daemon;
  reload(2);
  const start = await replacement(daemon);
  process.kill(start.pid as number, 'SIGKILL');
  await daemon.line(/^worker failed/);
  await watcher.until(
    ({ topic, text }) => topic === `${DEVICE}/status` && /the one before serves on/.test(text),
  );
  const again = await daemon.line((line) => isStart(line) && line.pid !== start.pid);
  t.equal(again['beside'], workerPid, 'the old one still serves');
  await served(watcher, 'gate', 2);
  inOrder(t, watcher, 'gate');
  await watcher.until(
    ({ topic, text }) => topic === `${DEVICE}/status` && /"ready"/.test(text) && !/reason/.test(text),
  );
});

t.test('an old worker that dies meanwhile leaves its cameras to the new one', skip, async (t) => {
  const { watcher, daemon, reload } = await atWork(t, { gate: { source: 'test:ball', fps: 25 } });
  const { workerPid } = daemon;
  reload(2);
  const { pid } = await replacement(daemon);
  process.kill(pid as number, 'SIGSTOP');
  process.kill(workerPid, 'SIGKILL');
  await daemon.line(/^worker failed/);
  process.kill(pid as number, 'SIGCONT');
  await served(watcher, 'gate', 2);
  inOrder(t, watcher, 'gate');
  const failed = daemon.lines.findIndex(({ msg }) => /^worker failed/.test(msg));
  const next = daemon.lines.slice(failed).find(({ msg }) => / ready$|^worker started$/.test(msg));
  t.match(next, { msg: 'model "things2" ready' }, 'no third one was started');
});

t.test('another reload meanwhile: only the last model takes over', skip, async (t) => {
  const { watcher, daemon, reload } = await atWork(t, { gate: { source: 'test:ball', fps: 25 } });
  reload(2);
  const { pid } = await replacement(daemon);
  process.kill(pid as number, 'SIGSTOP');
  reload(3);
  t.not((await replacement(daemon, 2)).pid, pid);
  await served(watcher, 'gate', 2);
  t.ok(!isAlive(pid as number), 'the second one is gone');
  inOrder(t, watcher, 'gate');
});

t.test('SIGTERM meanwhile ends both', skip, async (t) => {
  const { daemon, reload } = await atWork(t, { gate: { source: 'test:ball', fps: 25 } });
  const { workerPid } = daemon;
  reload(2);
  const { pid } = await replacement(daemon);
  process.kill(pid as number, 'SIGSTOP');
  daemon.signal('SIGTERM');
  t.same(await daemon.exited, { code: 0, signal: null });
  await until(() => !isAlive(workerPid) && !isAlive(pid as number));
});
