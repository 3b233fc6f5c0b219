/** The binding itself: values that must arrive unchanged, pipelines that cannot be built, memory, exits. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import t from 'tap';
import type { CameraOptions } from '../../dist/capture/camera.js';
import { findElements } from '../../dist/capture/elements.js';
import { GstPipeline } from '../../dist/capture/gst-pipeline.js';
import { property } from '../../dist/capture/launch-syntax.js';
import { FixedChooser } from '../../dist/capture/pipeline-chooser.js';
import { pipelineString } from '../../dist/capture/pipeline-string.js';
import { readVideo } from '../../dist/capture/video-file.js';
import { noCapture, rig } from '../helpers/capture-rig.js';
import { until } from '../helpers/until.js';

const SCALED = { kind: 'scaled', width: 32, height: 32, format: 'RGB' } as const;

t.test('values reach their element unchanged, whatever they hold', { skip: noCapture }, (t) => {
  const { Pipeline } = createRequire(import.meta.url)('gstreamer-superficial');
  const values = [
    '',
    '日本/🎥 x',
    'a\\"b\\\\" ! fakesink "',
    'rtsp://u:p@h:1/x?a=b&c=d#e%20~+*',
    '/= b&c%~+*#@?',
  ];
  for (let code = 1; code < 256; code += 1) {
    const character = String.fromCodePoint(code);
    values.push(character, `/a${character}`, `${character}a`, `/a${character}${character} ! b`);
  }
  const wrong = values.filter((value) => {
    const pipeline = new Pipeline(`filesrc name=x ${property('location', value)} ! fakesink name="y"`);
    return (pipeline.findChild('x').location ?? '') !== value;
  });
  t.same(wrong, []);
  t.end();
});

t.test(
  'a pipeline that cannot be built says why, in the words of GStreamer',
  { skip: noCapture },
  async (t) => {
    const cases: [string, RegExp][] = [
      ['videotestsrc ! nosuchelement', /no element "nosuchelement"/],
      ['videotestsrc nosuch=1', /nosuch/],
      ['videotestsrc ! audioconvert', /could not link|audioconvert/],
      ['videotestsrc ! "', /pipeline/],
      ['videotestsrc name="open', /pipeline/],
      [') ! (', /pipeline/],
    ];
    for (const [pipeline, message] of cases) {
      const it = await rig({ kind: 'gst', pipeline });
      it.camera.start();
      t.match(await it.reached('offline'), { error: { code: 'PIPELINE_INVALID', message } }, pipeline);
      await it.camera.stop();
    }
  },
);

const PUSHED = 'video/x-raw,format=RGB,width=32,height=32,framerate=30/1';

t.test(
  'pictures that are pushed come out in order, all of them before the end',
  { skip: noCapture },
  async (t) => {
    const pipeline = new GstPipeline(
      `appsrc name=detectd_source format=time caps="${PUSHED}" ! identity ! appsink name=detectd_sink sync=false`,
    );
    pipeline.open();
    const ended = new Promise<string>((resolve) => pipeline.onBus(({ type }) => resolve(type)));
    for (const first of [0, 100]) {
      pipeline.play();
      for (let number = 0; number < 20; number += 1) {
        pipeline.push(new Uint8Array(32 * 32 * 3).fill(first + number), (number * 1e6) / 30);
      }
      for (let number = 0; number < 10; number += 1) {
        t.match(await pipeline.pull(), { width: 32, height: 32, data: { 0: first + number } });
      }
      // What still waits when the pipeline is stopped must not come out of the next run.
      if (first === 0) pipeline.stop();
    }
    pipeline.sendEos();
    for (let number = 10; number < 20; number += 1) t.equal((await pipeline.pull())?.data[0], 100 + number);
    t.equal(await pipeline.pull(), null);
    t.equal(await ended, 'eos');
    pipeline.close();
    t.doesNotThrow(() => pipeline.push(new Uint8Array(3)), 'a picture after the end is dropped');
  },
);

t.test('pictures keep the times that they are pushed with', { skip: noCapture }, async (t) => {
  const file = join(t.testdir({}), 'x.avi');
  // The tap is how whoever pushes knows that a picture has gone through; without async=false it would
  // wait for the file's first picture, and the file for the tap's.
  const pipeline = new GstPipeline(
    `appsrc name=detectd_source format=time caps="${PUSHED}" ! tee name=t ! videoconvert ! jpegenc ! avimux ! ` +
      `filesink location=${file} t. ! appsink name=detectd_sink sync=false async=false`,
  );
  pipeline.open();
  const ended = new Promise<string>((resolve) => pipeline.onBus(({ type }) => resolve(type)));
  pipeline.play();
  for (let number = 0; number < 5; number += 1) {
    pipeline.push(new Uint8Array(32 * 32 * 3).fill(50 * number), (number * 1e6) / 30);
    await pipeline.pull();
  }
  pipeline.sendEos();
  t.equal(await ended, 'eos');
  pipeline.close();
  const levels: number[] = [];
  for await (const frame of readVideo(file)) levels.push(Math.round((frame.data[0] ?? 0) / 50));
  t.same(levels, [0, 1, 2, 3, 4]);
});

t.test('pushing into a pipeline that takes nothing is a defect that says so', { skip: noCapture }, (t) => {
  const pipeline = new GstPipeline('fakesrc ! appsink name=detectd_sink');
  t.throws(() => pipeline.push(new Uint8Array(1)), { code: 'INTERNAL', message: /before it was opened/ });
  pipeline.open();
  t.throws(() => pipeline.push(new Uint8Array(1)), { code: 'INTERNAL', message: /takes none/ });
  t.end();
});

t.test('using a pipeline before it is opened is a defect that says so', (t) => {
  const pipeline = new GstPipeline('fakesrc ! fakesink');
  t.throws(() => pipeline.play(), { code: 'INTERNAL' });
  t.doesNotThrow(() => pipeline.close());
  t.end();
});

t.test(
  "a user's pipeline is played again after a fault, late pads and all",
  { skip: noCapture },
  async (t) => {
    const pipeline = 'videotestsrc num-buffers=5 ! jpegenc ! decodebin ! videoflip';
    const it = await rig({ kind: 'gst', pipeline });
    it.camera.start();
    await it.reached('online', 4);
    await it.camera.stop();
    t.match(it.reports[2], { state: 'offline', error: { code: 'CAMERA_LOST', message: /stream ended/ } });
    t.match(it.reports.at(-1), { reconnects: 3 });
  },
);

t.test('a picture size that changes while playing is noticed', { skip: noCapture }, async (t) => {
  const part = (width: number, buffers: number) =>
    `videotestsrc is-live=true num-buffers=${buffers} ! video/x-raw,width=${width},height=48,framerate=100/1 ! c.`;
  const pipeline = `${part(64, 20)} ${part(96, 2000)} concat name=c ! identity`;
  const it = await rig({ kind: 'gst', pipeline });
  it.camera.start();
  await it.got(1);
  t.equal(it.frames[0]?.sourceWidth, 64);
  await it.reached('online');
  const { until } = await import('../helpers/until.js');
  await until(() => it.frames.at(-1)?.sourceWidth === 96);
  t.match(it.frames.at(-1), { width: 416, height: 416, sourceHeight: 48 });
  await it.camera.stop();
});

t.test(
  'the end of a stream is on the bus, so that nobody waits for its reason',
  { skip: noCapture },
  async (t) => {
    const source = { kind: 'gst', pipeline: 'videotestsrc num-buffers=3' } as const;
    const input = { source, target: SCALED, everyFrame: false };
    const pipeline = new GstPipeline(pipelineString(input, await findElements()));
    pipeline.open();
    const ended = new Promise<string>((resolve) => pipeline.onBus(({ type }) => resolve(type)));
    pipeline.play();
    while ((await pipeline.pull()) !== null);
    t.equal(await ended, 'eos');
    pipeline.close();
  },
);

t.test('a device that is not there is told as such', { skip: noCapture }, async (t) => {
  const it = await rig({ kind: 'v4l2', device: '/dev/video99' });
  it.camera.start();
  t.match(await it.reached('offline'), { error: { code: 'CAMERA_OPEN', message: /video99/ } });
  await it.camera.stop();
  const chooser: CameraOptions['chooser'] = (input, elements) =>
    new FixedChooser(input, elements, () => Promise.resolve());
  const other = await rig({ kind: 'v4l2', device: '/dev/null' }, {}, { chooser });
  other.camera.start();
  t.match(await other.reached('offline'), { error: { code: 'CAMERA_OPEN', message: /\/dev\/null/ } });
  await other.camera.stop();
});

t.test('stopping and playing again 150 times keeps memory', { skip: noCapture }, async (t) => {
  const description = pipelineString(
    {
      source: { kind: 'test', pattern: 'black', width: 640, height: 480, fps: 1000 },
      target: SCALED,
      everyFrame: false,
    },
    await findElements(),
  );
  const pipeline = new GstPipeline(description);
  pipeline.open();
  let after50 = 0;
  for (let round = 0; round < 150; round += 1) {
    if (round === 50) after50 = process.memoryUsage.rss();
    pipeline.play();
    if ((await pipeline.pull()) === null) t.fail(`no picture in round ${round}`);
    if ((await pipeline.sourceSize())?.width !== 640) t.fail('no size');
    pipeline.stop();
    if ((await pipeline.pull()) !== null) t.fail('a picture after the stop');
  }
  pipeline.close();
  const growth = process.memoryUsage.rss() - after50;
  t.comment(`${Math.round(growth / 1e5) / 10} MB in 100 rounds`);
  // One picture of 640×480 kept per round would be 46 MB.
  t.ok(growth < 20e6, `${growth} bytes`);
});

t.test('no caps field that the binding would leak reaches it', { skip: noCapture }, async (t) => {
  const { Pipeline } = createRequire(import.meta.url)('gstreamer-superficial');
  for (const target of [SCALED, { kind: 'source-size', format: 'RGB' } as const]) {
    const source = { kind: 'test', pattern: 'black' } as const;
    const pipeline = new Pipeline(
      pipelineString({ source, target, everyFrame: false }, await findElements()),
    );
    pipeline['auto-flush-bus'] = false;
    pipeline.play();
    const caps = await new Promise<Record<string, unknown>>((resolve) => {
      pipeline
        .findChild('detectd_sink')
        .pull((_buffer: Buffer, found: Record<string, unknown>) => resolve(found));
    });
    pipeline.stop();
    t.type(caps['width'], 'number');
    // Fractions come as "30/1", flags and bit masks as hexadecimal or joined by "+".
    t.notMatch(Object.values(caps).join(' '), /\d\/\d|\+|0x/, target.kind);
  }
});

const CHILD = `
import { Camera } from './dist/capture/camera.js';
import { FixedChooser } from './dist/capture/pipeline-chooser.js';
import { findElements } from './dist/capture/elements.js';
import { GstPipeline } from './dist/capture/gst-pipeline.js';
import { systemClock } from './dist/base/clock.js';
const source = JSON.parse(process.argv[1]);
const when = process.argv[2];
const stop = () => camera.stop().then(() => console.log('stopped'));
const camera = new Camera({
  plan: { name: 'c', source, model: 'm', fps: undefined, everyFrame: false, loop: false, stallTimeoutMs: 5000 },
  target: { kind: 'scaled', width: 32, height: 32, format: 'RGB' },
  elements: await findElements(),
  clock: systemClock,
  pipelineFactory: (description) => new GstPipeline(description),
  chooser: (input, elements) => new FixedChooser(input, elements, async () => {}),
  onFrame: () => when === 'frame' && stop(),
  onState: ({ state }) => state === when && stop(),
});
camera.start();
`;

t.test('a process whose cameras are stopped ends by itself', { skip: noCapture }, async (t) => {
  const cases: [object, string][] = [
    [{ kind: 'test', pattern: 'ball' }, 'frame'],
    [{ kind: 'test', pattern: 'ball' }, 'connecting'],
    [{ kind: 'v4l2', device: '/dev/video99' }, 'offline'],
    [{ kind: 'gst', pipeline: 'videotestsrc ! nosuch' }, 'offline'],
    [{ kind: 'file', path: '/dev/null' }, 'ended'],
    [{ kind: 'rtsp', url: 'rtsp://127.0.0.1:9/x', transport: 'tcp', latencyMs: 0 }, 'offline'],
    [{ kind: 'rtsp', url: 'rtsp://127.0.0.1:9/x', transport: 'tcp', latencyMs: 0 }, 'connecting'],
  ];
  for (const [source, when] of cases) {
    const args = ['--input-type=module', '-e', CHILD, JSON.stringify(source), when];
    const child = spawn(process.execPath, args, {
      cwd: new URL('../..', import.meta.url),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const deadline = setTimeout(() => child.kill('SIGKILL'), 15_000);
    let out = '';
    child.stdout.on('data', (part) => {
      out += part;
    });
    const [code, signal] = await once(child, 'close');
    clearTimeout(deadline);
    t.same([code, signal, out.includes('stopped')], [0, null, true], `${JSON.stringify(source)} at ${when}`);
  }
});

t.test('what arrives is counted while no picture comes of it', { skip: noCapture }, async (t) => {
  const elements = await findElements();
  const swallowing =
    'videotestsrc is-live=true ! jpegenc ! identity name=detectd_arrived ! jpegdec ! valve drop=true';
  const source = { kind: 'gst', pipeline: swallowing } as const;
  const pipeline = new GstPipeline(pipelineString({ source, target: SCALED, everyFrame: false }, elements));
  pipeline.open();
  t.equal(pipeline.arrivedBytes(), undefined, 'nothing plays');
  pipeline.play();
  await until(() => (pipeline.arrivedBytes() ?? 0) > 0);
  const first = pipeline.arrivedBytes() as number;
  await until(() => (pipeline.arrivedBytes() ?? 0) > first);
  pipeline.close();
  t.equal(pipeline.arrivedBytes(), undefined);

  const it = await rig(source, { stallTimeoutMs: 1000 });
  it.camera.start();
  t.match(await it.reached('offline'), { error: { code: 'CAMERA_DECODER' } });
  // Three attempts, and each has the time that a first picture may take.
  await until(() => it.reports.some(({ stuck }) => stuck === true), 60_000);
  await it.camera.stop();
});

t.test('without a counter a stall is where it is', { skip: noCapture }, async (t) => {
  const it = await rig(
    { kind: 'gst', pipeline: 'videotestsrc is-live=true ! valve drop=true' },
    { stallTimeoutMs: 1000 },
  );
  it.camera.start();
  t.match(await it.reached('offline'), { error: { code: 'CAMERA_OPEN', message: /no picture came/ } });
  await it.camera.stop();
});
