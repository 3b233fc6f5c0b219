/** Parts of the real daemon that hang or die: each is found, named and replaced, and detection goes on. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { mosquitto, noMosquitto } from '../helpers/mosquitto.js';
import { type MqttWatcher, mqttWatcher } from '../helpers/mqtt-watcher.js';
import { type LogLine, type RunningDaemon, runDaemon } from '../helpers/running-daemon.js';
import { noGstreamer } from '../helpers/test-video.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';

const skip = { skip: noMosquitto || noGstreamer };
const FAULTS = new URL('../fixtures/worker-fault.mjs', import.meta.url);

interface Running {
  watcher: MqttWatcher;
  daemon: RunningDaemon;
  /** Makes the worker do what worker-fault.mjs knows by this name, and resolves with what the daemon says of it. */
  fault: (name: string) => Promise<LogLine>;
}

/** A daemon at work on the camera yard, and others. */
async function atWork(
  t: Test,
  { cameras = {}, worker = {} }: { cameras?: Record<string, object>; worker?: object } = {},
): Promise<Running> {
  t.testdir();
  const broker = await mosquitto(t);
  const watcher = await mqttWatcher(t, broker.url, 'detectd/#');
  const file = join(t.testdirName, 'fault');
  const daemon = runDaemon(t, {
    config: {
      mqtt: { broker: broker.url },
      models: { things: { bundle: tinyBundle(join(t.testdirName, 'bundle')), threads: 1 } },
      cameras: { yard: { source: 'test:ball', model: 'things', fps: 10 }, ...cameras },
      worker: { restart_delay_s: 0.1, ...worker },
      http: { enabled: false },
    },
    env: { ...process.env, WORKER_FAULT: file, NODE_OPTIONS: `--import=${FAULTS.href}` },
  });
  await detection(watcher);
  const fault = (name: string): Promise<LogLine> => {
    const from = daemon.lines.length;
    writeFileSync(`${file}.new`, name);
    renameSync(`${file}.new`, file);
    return daemon.line(/worker failed/, from);
  };
  return { watcher, daemon, fault };
}

/** Waits for `count` messages of the camera yard that have not come yet. */
async function detection(watcher: MqttWatcher, count = 1): Promise<void> {
  const isDetection = ({ topic }: { topic: string }) => topic.endsWith('/yard/detections');
  const before = watcher.messages.filter(isDetection).length;
  await watcher.collect((all) => all.filter(isDetection).length >= before + count, 60_000);
}

const QUICK = { worker: { hang_timeout_s: 3 } };

t.test('an inference that hangs is found within ten seconds, as it comes', skip, async (t) => {
  const { watcher, fault } = await atWork(t);
  const line = await fault('block-inference');
  t.equal(line.code, 'WORKER_HUNG');
  const [, said] =
    /its inference hangs: frames arrive but no result has come for ([\d.]+) s/.exec(line.msg) ?? [];
  t.comment(`found after ${said} s`);
  t.ok(Number(said) > 8 && Number(said) <= 10, `after ${said} s`);
  await detection(watcher, 5);
});

t.test('a worker whose event loop is blocked is named so', skip, async (t) => {
  const { watcher, fault } = await atWork(t, QUICK);
  t.match(await fault('block-loop'), {
    code: 'WORKER_HUNG',
    msg: /its event loop has been blocked for [\d.]+ s/,
  });
  await detection(watcher, 5);
});

t.test('a worker that was stopped by a signal is told from one that hangs', skip, async (t) => {
  const { watcher, daemon } = await atWork(t, QUICK);
  process.kill(daemon.workerPid, 'SIGSTOP');
  const line = await daemon.line(/worker failed/);
  t.match(line, {
    code: 'WORKER_HUNG',
    msg: /event loop has been blocked.*; a signal or a debugger has stopped it/,
  });
  await detection(watcher, 5);
});

for (const [fault, why] of [
  ['exit-inference', /The inference thread ended: exit status 0/],
  ['fail-inference', /The inference thread ended: exit status 7/],
  ['throw-inference', /The inference thread ended: something native went wrong/],
] as const)
  t.test(`an inference thread that dies (${fault}) is named and replaced`, skip, async (t) => {
    const running = await atWork(t, { worker: { hang_timeout_s: 600 } });
    t.match(await running.fault(fault), { code: 'WORKER_CRASHED', msg: why });
    await detection(running.watcher, 5);
  });

t.test('a decoder that never comes back is named, with its camera, and the others go on', skip, async (t) => {
  // It sleeps for an hour inside the pipeline's own thread: GStreamer waits for it for as long.
  const wedged =
    'gst:videotestsrc is-live=true ! video/x-raw,width=64,height=48 ! identity sleep-time=3600000000';
  const gate = { source: wedged, model: 'things', stall_timeout_s: 2 };
  const { watcher, daemon } = await atWork(t, { cameras: { gate }, ...QUICK });
  const line = await daemon.line(/worker failed/);
  t.match(line, {
    code: 'WORKER_HUNG',
    msg: /GStreamer hangs while closing camera "gate", for [\d.]+ s now/,
  });
  t.match(line['hint'], /decoder or a driver/);
  const out = await daemon.line(
    /camera "gate" is offline: .*left out for 1 min: GStreamer hung with it 2 times/,
  );
  t.equal(out.code, 'CAMERA_DECODER');
  await detection(watcher, 5);
});
