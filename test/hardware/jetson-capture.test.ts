/** On a Jetson: NVIDIA's elements decode, scale and deliver frames. Elsewhere each check says why it does not run. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../dist/base/clock.js';
import { findElements } from '../../dist/capture/elements.js';
import { probe } from '../../dist/supervisor/probe.js';
import { cameraPlan } from '../helpers/plans.js';

const PROBE = new URL('../../dist/worker/probe-main.js', import.meta.url);
const elements = await findElements().catch(() => ({ has: () => false }));

/** Why a check cannot run here; false when it can. */
function lacking(...names: string[]): string | false {
  const missing = names.filter((name) => !elements.has(name));
  return missing.length === 0 ? false : `no Jetson here: GStreamer lacks ${missing.join(', ')}`;
}

function open(source: Parameters<typeof cameraPlan>[0]) {
  const options = { module: PROBE, env: process.env, clock: systemClock, timeoutMs: 30_000 };
  return probe({ type: 'camera', plan: cameraPlan(source) }, options);
}

t.test('a test pattern goes through nvvidconv', { skip: lacking('nvvidconv') }, async (t) => {
  const answer = await open({ source: { kind: 'test', pattern: 'smpte', width: 640, height: 480 } });
  t.match(answer, { width: 640, height: 480 });
});

const encoder = ['x264enc', 'openh264enc'].find((name) => elements.has(name));
const noVideo =
  lacking('nvv4l2decoder', 'nvvidconv') || (encoder === undefined && 'no H.264 encoder to make a video with');
t.test('an H.264 file is decoded by nvv4l2decoder', { skip: noVideo }, async (t) => {
  const file = join(t.testdir(), 'clip.mp4');
  const pipeline = `videotestsrc num-buffers=60 ! video/x-raw,width=640,height=480 ! ${encoder} ! h264parse ! mp4mux ! filesink location=${file}`;
  execFileSync('gst-launch-1.0', ['-q', ...pipeline.split(' ')]);
  t.match(await open({ source: { kind: 'file', path: file } }), { width: 640, height: 480 });
});

const noCamera = lacking('nvarguscamerasrc') || (!existsSync('/dev/video0') && 'no CSI camera is connected');
t.test('a CSI camera delivers a frame and can be opened again', { skip: noCamera }, async (t) => {
  for (let round = 0; round < 3; round += 1) {
    const answer = await open({ source: { kind: 'csi', sensorId: 0 } });
    t.ok(answer.width > 0 && answer.height > 0, `round ${round}`);
  }
});
