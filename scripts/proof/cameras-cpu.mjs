/**
 * What a stream costs by stage, and our share of it: a video of 640×640 at 30 frames a second in real time, through the
 * pipeline in gst-launch that ends in a fakesink, through a camera of ours alone, and through the whole daemon with a
 * model that takes pictures of that size and computes next to nothing. CPU time is the kernel's own account; other work on the
 * machine only ever adds to it, so the least of some rounds counts.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findElements } from '../../dist/capture/elements.js';
import { pipelineString } from '../../dist/capture/pipeline-string.js';
import { inFolder, run as runProgram, subscribe, withDaemon, withMosquitto } from './programs.mjs';

const SIDE = 640;
const FPS = 30;
const STREAMS = 4;
const LIMIT_PERCENT = 5;
/** Until everything plays and is warm. */
const WARM_S = 6;
/** Part of the frames that must have come for figures to mean anything. */
const LEAST_FRAMES = 0.95;
const CAMERA = new URL('./camera-alone.mjs', import.meta.url).pathname;
const BUNDLES = new URL('../../dist-test/helpers/tiny-bundle.js', import.meta.url);

export function run({ long = false, short = false } = {}) {
  const [rounds, seconds] = long ? [5, 20] : short ? [1, 10] : [3, 10];
  let measured;
  const share = (key, what) => ({
    what,
    limit: `≤ ${LIMIT_PERCENT} % of a core per stream of ${SIDE}×${SIDE} at ${FPS} a second`,
    measure: async () => {
      measured ??= measureStages(rounds, seconds);
      const found = await measured;
      if (found.impossible !== undefined) return found;
      return {
        figure: `${found[key].toFixed(1)} % (${stagesText(found)})`,
        holds: found[key] <= LIMIT_PERCENT,
      };
    },
  });
  return [
    share('cameraShare', 'CPU time of a camera without inference above the same pipeline in gst-launch'),
    share('share', 'CPU time of the whole daemon without inference above the same pipeline in gst-launch'),
  ];
}

/** Percent of a core per stream, by stage. */
async function measureStages(rounds, seconds) {
  if (!existsSync(BUNDLES)) return { impossible: 'the tests are not built: npm run build:tests' };
  return inFolder(async (folder) => {
    const elements = await findElements();
    const encoder = ['x264enc', 'openh264enc'].find((name) => elements.has(name));
    if (encoder === undefined) return { impossible: 'GStreamer has no H.264 encoder here' };
    const video = join(folder, 'video.mp4');
    await makeVideo(video, encoder, WARM_S + seconds + 30);
    const source = { kind: 'file', path: video };
    const target = { kind: 'scaled', width: SIDE, height: SIDE, format: 'RGB' };
    const text = pipelineString({ source, target, everyFrame: false, snapshots: true }, elements);
    const decoding = `filesrc location=${video} ! decodebin ! fakesink sync=true`;
    const found = [];
    for (let round = 0; round < rounds; round += 1) {
      const { inference } = await daemon(folder, video, seconds, true);
      found.push({
        decode: await gstLaunch(decoding, seconds),
        pipeline: await gstLaunch(inLaunch(text), seconds),
        camera: await cameraAlone(video, seconds),
        daemon: await daemon(folder, video, seconds, false),
        inference,
      });
    }
    const part = Math.max(...found.map((one) => Math.min(one.camera.frames, one.daemon.frames)));
    const wanted = seconds * FPS * STREAMS;
    if (part < LEAST_FRAMES * wanted) {
      const percent = Math.round((100 * part) / wanted);
      return { impossible: `only ${percent} % of the frames came: the machine is busy` };
    }
    const least = (value) => Math.min(...found.map(value));
    const [decode, pipeline] = [least((one) => one.decode), least((one) => one.pipeline)];
    const [camera, whole] = [least((one) => one.camera.percent), least((one) => one.daemon.percent)];
    const inference = found.map((one) => one.inference).sort((a, b) => a - b)[Math.floor(rounds / 2)];
    return {
      decode,
      scale: pipeline - decode,
      copy: camera - pipeline,
      inference,
      rest: whole - inference - camera,
      cameraShare: camera - pipeline,
      share: whole - inference - pipeline,
    };
  });
}

function stagesText({ decode, scale, copy, inference, rest }) {
  const stages = { decode, scale, copy, inference, rest };
  return Object.entries(stages)
    .map(([stage, percent]) => `${stage} ${percent.toFixed(1)}`)
    .join(', ');
}

async function makeVideo(file, encoder, seconds) {
  const text =
    `videotestsrc num-buffers=${seconds * FPS} pattern=ball ! ` +
    `video/x-raw,format=I420,width=${SIDE},height=${SIDE},framerate=${FPS}/1 ! ${encoder} ! h264parse ! ` +
    `mp4mux ! filesink location=${file}`;
  const { status, stderr } = await runProgram('gst-launch-1.0', ['-q', ...words(text)]);
  if (status !== 0) throw new Error(`the video cannot be made: ${stderr.trim()}`);
}

/** The same pipeline with sinks that take pictures and do nothing. */
function inLaunch(text) {
  return text
    .replaceAll(/ (drop=true|max-buffers=1|wait-on-eos=false|name=detectd_(sink|size|snapshot))\b/g, '')
    .replaceAll('appsink', 'fakesink');
}

/** Arguments as a shell would pass them; there are no spaces in quotes. */
function words(text) {
  return text.split(' ').map((word) => word.replaceAll('"', ''));
}

async function gstLaunch(text, seconds) {
  const children = Array.from({ length: STREAMS }, () =>
    spawn('gst-launch-1.0', ['-q', ...words(text)], { stdio: ['ignore', 'ignore', 'inherit'] }),
  );
  try {
    await sleep(WARM_S);
    const [before, from] = [sum(children.map(({ pid }) => cpuMs(pid))), performance.now()];
    await sleep(seconds);
    return percent(sum(children.map(({ pid }) => cpuMs(pid))) - before, performance.now() - from);
  } finally {
    await Promise.all(children.map(ended));
  }
}

/** Cameras in a process of their own: each frame is pulled, handed on, and let go. */
async function cameraAlone(video, seconds) {
  const child = spawn(process.execPath, [CAMERA, video, String(STREAMS), String(SIDE)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, UV_THREADPOOL_SIZE: '32' },
  });
  let frames = 0;
  child.stdout.setEncoding('utf8').on('data', (text) => {
    frames = Number(text.trim().split('\n').at(-1));
  });
  try {
    await sleep(WARM_S);
    const [before, from, first] = [cpuMs(child.pid), performance.now(), frames];
    await sleep(seconds);
    return { percent: percent(cpuMs(child.pid) - before, performance.now() - from), frames: frames - first };
  } finally {
    await ended(child);
  }
}

/**
 * The whole daemon, both of its processes. With `account` only for what it says of its inference, which costs a few
 * readings of files per frame.
 */
async function daemon(folder, video, seconds, account) {
  const { tinyBundle } = await import(BUNDLES.href);
  const bundle = tinyBundle(join(folder, 'bundle'), { side: SIDE });
  const camera = { source: `file:${video}`, model: 'tiny' };
  const names = Array.from({ length: STREAMS }, (_, index) => `c${index}`);
  return withMosquitto(folder, async (broker) => {
    let frames = 0;
    const client = await subscribe(broker, (topic) => {
      if (topic.endsWith('/detections')) frames += 1;
    });
    const config = {
      mqtt: { broker },
      engines: { build: false },
      http: { enabled: false },
      models: { tiny: { bundle, threads: 1 } },
      cameras: Object.fromEntries(names.map((name) => [name, camera])),
    };
    const flags = account ? ['--measure-cpu'] : [];
    const found = await withDaemon(folder, config, flags, async ({ child, lines }) => {
      await until(() => frames > 0);
      await sleep(WARM_S);
      const worker = lines.findLast(({ msg }) => msg === 'worker started').pid;
      const look = () => ({
        atMs: performance.now(),
        frames,
        cpuMs: cpuMs(child.pid) + cpuMs(worker),
        account: lines.findLast(({ msg }) => msg === 'usage')?.usage,
      });
      const before = look();
      await sleep(seconds);
      const after = look();
      const wallMs = after.atMs - before.atMs;
      return {
        percent: percent(after.cpuMs - before.cpuMs, wallMs),
        inference: account ? inferencePercent(before.account, after.account) : Number.NaN,
        frames: after.frames - before.frames,
      };
    });
    await client.endAsync();
    return found;
  });
}

/** Of a core, per stream: by frame, since the account is told at moments of its own. */
function inferencePercent(before, after) {
  const frames = after.frames - before.frames;
  return ((after.worker.inferCpuMs - before.worker.inferCpuMs) / frames) * (FPS / 10);
}

/** Of a core, per stream. */
function percent(ms, wallMs) {
  return (100 * ms) / wallMs / STREAMS;
}

/** User and system time of a process. */
function cpuMs(pid) {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13);
  return (Number(user) + Number(system)) * 10;
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

async function ended(child) {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await gone;
}

async function until(condition) {
  const deadline = performance.now() + 120_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('nothing came within 120 s');
    await sleep(0.1);
  }
}

function sleep(seconds) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
