/** The life of a camera, on a clock that stands still and a pipeline that does what it is told. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { Camera, type CameraOptions } from '../../dist/capture/camera.js';
import type { ElementSet } from '../../dist/capture/elements.js';
import { FixedChooser, type PipelineChoice } from '../../dist/capture/pipeline-chooser.js';
import type { PipelineInput } from '../../dist/capture/pipeline-string.js';
import type { Frame } from '../../dist/core/frame.js';
import type { Source } from '../../dist/core/source.js';
import type { CameraPlan } from '../../dist/core/worker-plan.js';
import type { CameraReport } from '../../dist/ipc/protocol.js';
import { FakeClock, settle } from '../helpers/fake-clock.js';
import { ScriptedPipeline } from '../helpers/scripted-pipeline.js';

const RTSP: Source = { kind: 'rtsp', url: 'rtsp://u:secret@cam/x', transport: 'tcp', latencyMs: 200 };
const FILE: Source = { kind: 'file', path: '/srv/clip.mp4' };

/** The file system answers as `check` does. */
const checked =
  (check: () => Promise<void>) =>
  (input: PipelineInput, elements: ElementSet): FixedChooser =>
    new FixedChooser(input, elements, check);

/** A chooser that gives what is in `answers`, one after the other and then always the last. */
function choosing(answers: (PipelineChoice | DetectdError)[]) {
  const told: string[] = [];
  const chooser = () => ({
    choose: async () => {
      const answer = (answers.length > 1 ? answers.shift() : answers[0]) as PipelineChoice | DetectdError;
      if (answer instanceof DetectdError) throw answer;
      return answer;
    },
    worked: () => told.push('worked'),
    failed: (fault: DetectdError, place?: string) => told.push(`${fault.code} ${place}`),
  });
  return { chooser, told };
}

function setup(plan: Partial<CameraPlan> = {}, options: Partial<CameraOptions> = {}) {
  const clock = new FakeClock();
  const pipeline = new ScriptedPipeline();
  const frames: Frame[] = [];
  const reports: CameraReport[] = [];
  const descriptions: string[] = [];
  const camera = new Camera({
    plan: {
      name: 'gate',
      source: RTSP,
      model: 'm',
      fps: undefined,
      everyFrame: false,
      loop: false,
      stallTimeoutMs: 10_000,
      slicing: undefined,
      ...plan,
    },
    target: { kind: 'scaled', width: 4, height: 2, format: 'RGB' },
    elements: { has: (name) => !name.startsWith('nv') },
    clock,
    pipelineFactory: (description) => {
      descriptions.push(description);
      return pipeline;
    },
    onFrame: (frame) => frames.push(frame),
    onState: (report) => reports.push(report),
    backoff: { initialMs: 1000, maxMs: 8000, stableMs: 60_000, random: () => 1 },
    chooser: checked(() => Promise.resolve()),
    ...options,
  });
  const states = () => reports.map((report) => report.state);
  const picture = async (width?: number, height?: number) => {
    pipeline.picture(width, height);
    await settle();
  };
  return { clock, pipeline, frames, reports, descriptions, camera, states, picture };
}

t.test('a camera is connecting until its first frame, then online', async (t) => {
  const { camera, clock, frames, states, picture } = setup();
  camera.start();
  await settle();
  t.same(states(), ['connecting']);
  clock.advance(5);
  await picture();
  await picture();
  t.same(states(), ['connecting', 'online']);
  t.same(
    frames.map(({ sequence, camera: name, width, height }) => ({ sequence, name, width, height })),
    [
      { sequence: 0, name: 'gate', width: 4, height: 2 },
      { sequence: 1, name: 'gate', width: 4, height: 2 },
    ],
  );
  t.equal(frames[0]?.capturedAtUs, 1_005_000);
  t.equal(frames[0]?.data.buffer.byteLength, 24);
});

t.test('frames carry the size of the source, looked up again now and then', async (t) => {
  const { camera, clock, pipeline, frames, picture } = setup();
  camera.start();
  await settle();
  await picture();
  pipeline.size = { width: 640, height: 480 };
  await picture();
  t.equal(pipeline.count('sourceSize'), 1);
  clock.advance(6000);
  await picture();
  await picture();
  t.same(
    frames.map((frame) => frame.sourceWidth),
    [1920, 1920, 1920, 640],
  );
  pipeline.size = undefined;
  clock.advance(6000);
  await picture();
  await picture();
  t.equal(frames.at(-1)?.sourceHeight, 480, 'the last known size stays when none can be read');
});

t.test('at source size the picture itself tells the size', async (t) => {
  const { camera, pipeline, frames, picture } = setup({}, { target: { kind: 'source-size', format: 'RGB' } });
  camera.start();
  await settle();
  await picture(8, 4);
  await picture(16, 8);
  t.same(
    frames.map((frame) => [frame.sourceWidth, frame.sourceHeight]),
    [
      [8, 4],
      [16, 8],
    ],
  );
  t.equal(pipeline.count('sourceSize'), 0);
});

t.test('a bus error takes a live camera offline and the same pipeline is played again', async (t) => {
  const { camera, clock, pipeline, frames, reports, descriptions, states, picture } = setup();
  camera.start();
  await settle();
  await picture();
  pipeline.error('Could not read from resource. rtsp://u:secret@cam/x');
  await settle();
  t.same(states(), ['connecting', 'online', 'offline']);
  t.equal(reports[2]?.error?.code, 'CAMERA_LOST');
  t.notMatch(JSON.stringify(reports), /secret/);
  t.equal(pipeline.count('play'), 1);
  await clock.advanceAsync(1000);
  t.equal(pipeline.count('play'), 2);
  await picture();
  t.same(reports.at(-1), { camera: 'gate', state: 'online', reconnects: 1 });
  t.same(
    frames.map((frame) => frame.sequence),
    [0, 1],
    'the sequence goes on',
  );
  t.equal(descriptions.length, 1);
});

t.test('a camera that stays away is told once and tried with growing delays', async (t) => {
  const { camera, clock, pipeline, states, reports } = setup();
  camera.start();
  await settle();
  for (const delay of [1000, 2000, 4000, 8000, 8000]) {
    pipeline.error('Could not connect to server');
    await settle();
    const plays = pipeline.count('play');
    await clock.advanceAsync(delay - 1);
    t.equal(pipeline.count('play'), plays, `not before ${delay} ms`);
    await clock.advanceAsync(1);
    t.equal(pipeline.count('play'), plays + 1);
  }
  t.same(states(), ['connecting', 'offline']);
  t.equal(reports[1]?.error?.code, 'CAMERA_OPEN');
  pipeline.error('Unauthorized');
  await settle();
  t.same(states(), ['connecting', 'offline', 'offline'], 'another reason is told');
  t.match(reports[2]?.error?.hint, /password/);
});

t.test('a camera that comes and goes with the same fault is told each time', async (t) => {
  const { camera, clock, pipeline, states, picture } = setup();
  camera.start();
  await settle();
  for (let round = 0; round < 3; round += 1) {
    await picture();
    pipeline.error('gone');
    await settle();
    await clock.advanceAsync(8000);
  }
  t.same(states(), ['connecting', 'online', 'offline', 'online', 'offline', 'online', 'offline']);
});

t.test('repeated faults fill no log', async (t) => {
  const lines: unknown[] = [];
  const log = { debug() {}, info() {}, error() {}, warn: (...args: unknown[]) => lines.push(args) };
  const { camera, clock, pipeline } = setup({}, { log: log as never });
  camera.start();
  for (let round = 0; round < 20; round += 1) {
    await settle();
    pipeline.error('gone');
    await clock.advanceAsync(8000);
  }
  t.ok(lines.length >= 2 && lines.length <= 4, `${lines.length} lines for 20 faults in 160 s`);
});

t.test('a live stream that ends is a fault', async (t) => {
  const { camera, clock, pipeline, reports, picture } = setup();
  camera.start();
  await settle();
  await picture();
  pipeline.end(false);
  await clock.advanceAsync(999);
  t.equal(reports.at(-1)?.state, 'online', 'its reason is awaited');
  await clock.advanceAsync(1);
  t.match(reports.at(-1), { state: 'offline', error: { code: 'CAMERA_LOST', message: /stream ended/ } });
});

t.test('the reason that follows the end of a stream is the one that is told', async (t) => {
  const { camera, pipeline, reports, picture } = setup();
  camera.start();
  await settle();
  await picture();
  pipeline.end(false);
  await settle();
  pipeline.error('Unauthorized');
  await settle();
  t.match(reports.at(-1), { state: 'offline', error: { message: /Unauthorized/ } });
});

t.test(
  'silence for the stall timeout is a stall, and another one offline, as while connecting',
  async (t) => {
    const { camera, clock, pipeline, reports, picture } = setup();
    pipeline.arrived = 0;
    camera.start();
    await clock.advanceAsync(9900);
    t.equal(reports.length, 1);
    await clock.advanceAsync(400);
    t.match(reports.at(-1), {
      state: 'offline',
      error: { code: 'CAMERA_OPEN', message: /no picture came for 10 s/ },
    });
    await clock.advanceAsync(1000);
    await picture();
    t.equal(reports.at(-1)?.state, 'online');
    await clock.advanceAsync(10_300);
    t.match(reports.at(-1), { state: 'stalled', error: { code: 'CAMERA_LOST', message: /no picture came/ } });
    t.equal(pipeline.count('stop'), 2);
    t.equal(pipeline.count('play'), 3, 'it is opened anew at once');
    await clock.advanceAsync(10_300);
    t.match(reports.at(-1), { state: 'offline', error: { code: 'CAMERA_OPEN' } });
    t.equal(pipeline.count('play'), 3, 'then there is a pause');
  },
);

t.test('data without pictures is the decoder; three times in a row it is told to be stuck', async (t) => {
  const { camera, clock, pipeline, reports, picture } = setup(
    {},
    { backoff: { initialMs: 1000, maxMs: 1000 } },
  );
  pipeline.arrived = 0;
  const data = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 250) {
      pipeline.arrived = (pipeline.arrived ?? 0) + 1000;
      await clock.advanceAsync(250);
    }
  };
  const stuck = () => reports.filter((report) => report.stuck === true).length;
  camera.start();
  await data(12_500);
  t.match(reports.at(-1), {
    state: 'offline',
    error: { code: 'CAMERA_DECODER', message: /data arrives, but no picture came for 12 s/ },
  });
  await data(14_000);
  t.equal(stuck(), 0);
  await data(14_000);
  t.equal(stuck(), 1);
  t.match(reports.at(-1), { state: 'offline', error: { code: 'CAMERA_DECODER' }, stuck: true });
  await data(1000);
  await picture();
  t.strictSame(reports.at(-1), { camera: 'gate', state: 'online', reconnects: 3 });
  await data(10_500);
  t.equal(stuck(), 1, 'a picture starts the count over');
  t.match(reports.at(-1), { error: { code: 'CAMERA_DECODER' } });
});

t.test('a frozen camera says so, goes on, and is opened anew after a minute', async (t) => {
  const { camera, clock, pipeline, frames, reports, states } = setup({ frozenAfterMs: 4000 });
  const still = async (seconds: number, seed = 0) => {
    for (let count = 0; count < seconds * 2; count += 1) {
      pipeline.picture(4, 2, undefined, seed);
      await clock.advanceAsync(500);
    }
  };
  camera.start();
  await settle();
  await still(5);
  t.same(states(), ['connecting', 'online', 'frozen']);
  t.match(reports.at(-1)?.error, { code: 'CAMERA_FROZEN', message: /stands still/, hint: /frozen_after_s/ });
  const before = frames.length;
  await still(55);
  t.equal(frames.length - before, 110, 'its frames go on');
  t.equal(pipeline.count('play'), 1);
  await still(10);
  t.equal(pipeline.count('play'), 2);
  t.equal(camera.reconnects, 1);
  await still(100);
  t.equal(pipeline.count('play'), 2, 'not so soon again');
  t.same(states(), ['connecting', 'online', 'frozen'], 'and is told once');
  await still(1, 9);
  t.strictSame(reports.at(-1), { camera: 'gate', state: 'online', reconnects: 1 });
});

t.test('black pictures are told, and a stall of a black camera too', async (t) => {
  const { camera, clock, pipeline, states } = setup({ blackAfterMs: 3000, stallTimeoutMs: 4000 });
  pipeline.arrived = 0;
  camera.start();
  await settle();
  for (let count = 0; count < 10; count += 1) {
    pipeline.picture();
    await clock.advanceAsync(500);
  }
  t.same(states(), ['connecting', 'online', 'black']);
  await clock.advanceAsync(4000);
  t.same(states(), ['connecting', 'online', 'black', 'stalled']);
  pipeline.picture();
  await settle();
  t.equal(states().at(-1), 'online', 'it is looked at anew');
});

t.test('a file and a drawn scene may stand still', async (t) => {
  const { camera, clock, pipeline, states } = setup({
    source: FILE,
    frozenAfterMs: 1000,
    blackAfterMs: 1000,
  });
  camera.start();
  await settle();
  for (let count = 0; count < 20; count += 1) {
    pipeline.picture();
    await clock.advanceAsync(500);
  }
  t.same(states(), ['connecting', 'online']);
});

t.test('whether a device is there is asked once, however long the answer takes', async (t) => {
  let asked = 0;
  const check = (): Promise<void> => {
    asked += 1;
    return new Promise(() => {});
  };
  const { camera, clock, reports } = setup({}, { chooser: checked(check) });
  camera.start();
  await clock.advanceAsync(120_000);
  t.equal(asked, 1);
  t.match(reports.at(-1), {
    state: 'offline',
    error: {
      code: 'CAMERA_OPEN',
      message: /the system has not said for 10 s whether it is there/,
      hint: /dmesg/,
    },
  });
});

t.test('a pull that never comes back does not wedge the camera', async (t) => {
  const { camera, clock, pipeline, frames, reports, picture } = setup();
  camera.start();
  await settle();
  pipeline.wedged = true;
  pipeline.error('gone');
  await clock.advanceAsync(1000);
  t.equal(pipeline.count('play'), 2);
  await picture();
  t.equal(frames.length, 1, 'the picture reaches the new attempt alone');
  t.equal(reports.at(-1)?.state, 'online');
});

t.test('a picture that cannot be understood is a fault, not a crash', async (t) => {
  const { camera, pipeline, reports } = setup();
  camera.start();
  await settle();
  pipeline.pullFails(new DetectdError('CAMERA_LOST', 'GStreamer delivered something that is not a picture.'));
  await settle();
  t.match(reports.at(-1), { state: 'offline', error: { code: 'CAMERA_LOST' } });
});

t.test('a pipeline that cannot be built is told once and not tried again', async (t) => {
  const { camera, clock, pipeline, reports } = setup();
  pipeline.openError = new DetectdError('PIPELINE_INVALID', 'no element "nosuch"', 'hint');
  camera.start();
  await clock.advanceAsync(600_000);
  t.match(reports, [{ state: 'connecting' }, { state: 'offline', error: { code: 'PIPELINE_INVALID' } }]);
  t.equal(pipeline.count('play'), 0);
  t.equal(clock.pending, 0);
  await camera.stop();
});

t.test('a missing element is named before anything is opened', async (t) => {
  const { camera, descriptions, reports } = setup({ source: { kind: 'csi', sensorId: 0 } });
  camera.start();
  await settle();
  t.match(reports.at(-1), {
    state: 'offline',
    error: { code: 'GSTREAMER_MISSING', message: /nvarguscamerasrc/ },
  });
  t.equal(descriptions.length, 0);
});

t.test('a device that is not there is never played, and tried again', async (t) => {
  let there = false;
  const { camera, clock, pipeline, reports } = setup(
    { source: { kind: 'v4l2', device: '/dev/video0' } },
    {
      chooser: checked(() =>
        there ? Promise.resolve() : Promise.reject(new DetectdError('CAMERA_OPEN', 'it does not exist')),
      ),
    },
  );
  camera.start();
  await settle();
  t.match(reports.at(-1), { state: 'offline', error: { code: 'CAMERA_OPEN' } });
  t.equal(pipeline.count('play'), 0);
  there = true;
  await clock.advanceAsync(1000);
  t.equal(pipeline.count('play'), 1);
});

t.test('another pipeline takes the place of the one before, and only another one', async (t) => {
  const choice = (text: string, note?: string): PipelineChoice => ({
    ...{ text, described: text },
    ...(note === undefined ? {} : { note }),
  });
  const lines: unknown[] = [];
  const log = { debug() {}, info() {}, error() {}, warn: (_: unknown, text: string) => lines.push(text) };
  const { chooser } = choosing([
    choice('a'),
    choice('a'),
    choice('b', 'no hardware'),
    choice('b', 'no hardware'),
  ]);
  let dead = 0;
  const { camera, clock, pipeline, descriptions, picture } = setup(
    {},
    { chooser, log: log as never, onDeadPipeline: () => (dead += 1) },
  );
  camera.start();
  for (const expected of [['a'], ['a'], ['a', 'b'], ['a', 'b']]) {
    await settle();
    await picture();
    t.same(descriptions, expected);
    pipeline.error('gone');
    await clock.advanceAsync(8000);
  }
  t.equal(dead, 1);
  t.equal(pipeline.count('close'), 1);
  t.equal(lines.filter((line) => line === 'no hardware').length, 1, 'its note is told once');
});

t.test('who chooses hears what became of it, and where it failed', async (t) => {
  const { chooser, told } = choosing([
    { text: 'a', described: 'a', decoder: 'nvv4l2decoder' },
    new DetectdError('CAMERA_OPEN', 'refused'),
    { text: 'a', described: 'a', decoder: 'nvv4l2decoder' },
  ]);
  const { camera, clock, pipeline, picture, reports } = setup({}, { chooser });
  camera.start();
  await settle();
  await picture();
  await picture();
  pipeline.bus({ type: 'error', element: 'nvv4l2decoder0', text: 'Failed' });
  await clock.advanceAsync(1000);
  t.match(reports.at(-1), { state: 'offline', error: { code: 'CAMERA_OPEN', message: 'refused' } });
  t.equal(pipeline.count('play'), 1, 'nothing is opened that cannot be there');
  await clock.advanceAsync(2000);
  pipeline.error('gone');
  await clock.advanceAsync(0);
  t.strictSame(told, ['worked', 'CAMERA_LOST decoder', 'CAMERA_OPEN undefined']);
});

t.test('a camera that has worked is tried again whatever its next pipeline lacks', async (t) => {
  const { chooser } = choosing([
    { text: 'a', described: 'a' },
    new DetectdError('GSTREAMER_MISSING', 'no decoder'),
    { text: 'a', described: 'a' },
  ]);
  const { camera, clock, pipeline, picture, states } = setup({}, { chooser });
  camera.start();
  await settle();
  await picture();
  pipeline.error('gone');
  await clock.advanceAsync(4000);
  await picture();
  t.equal(states().at(-1), 'online');
});

t.test('a question that is no longer of interest is told so', async (t) => {
  let signal: AbortSignal | undefined;
  const chooser = () => ({
    choose: (given: AbortSignal) => {
      signal = given;
      return new Promise<PipelineChoice>(() => {});
    },
    worked() {},
    failed() {},
  });
  const { camera, clock } = setup({}, { chooser });
  camera.start();
  await settle();
  t.equal(signal?.aborted, false);
  await camera.stop();
  t.equal(signal?.aborted, true);
  t.equal(clock.pending, 0);
});

t.test('a file ends', async (t) => {
  const { camera, clock, pipeline, reports, picture } = setup({ source: FILE });
  camera.start();
  await settle();
  await picture();
  pipeline.end();
  await clock.advanceAsync(100_000);
  t.same(reports.at(-1), { camera: 'gate', state: 'ended', reconnects: 0 });
  t.equal(pipeline.count('play'), 1);
  t.equal(clock.pending, 0);
});

t.test('a file without a picture ends with the reason', async (t) => {
  const { camera, pipeline, reports } = setup({ source: FILE });
  camera.start();
  await settle();
  pipeline.end();
  await settle();
  t.match(reports.at(-1), { state: 'ended', error: { code: 'VIDEO_UNREADABLE', message: /no picture/ } });
});

t.test('a broken file gives the pictures before the fault, then ends with the reason', async (t) => {
  const { camera, pipeline, frames, reports, picture } = setup({ source: FILE, everyFrame: true });
  camera.start();
  await settle();
  pipeline.picture();
  pipeline.picture();
  pipeline.error('Internal data stream error');
  await settle();
  await picture();
  pipeline.end(false);
  await settle();
  t.equal(frames.length, 3);
  t.match(reports.at(-1), { state: 'ended', error: { code: 'VIDEO_UNREADABLE', message: /stream error/ } });
});

t.test('a broken file that never ends is given up soon', async (t) => {
  const { camera, clock, pipeline, reports } = setup({ source: FILE });
  camera.start();
  await settle();
  pipeline.error('Internal data stream error');
  await clock.advanceAsync(2300);
  t.match(reports.at(-1), { state: 'ended', error: { code: 'VIDEO_UNREADABLE' } });
});

t.test('a looping file starts over on the same pipeline and stays online', async (t) => {
  const { camera, pipeline, frames, states, descriptions, picture } = setup({ source: FILE, loop: true });
  camera.start();
  await settle();
  for (let round = 0; round < 5; round += 1) {
    await picture();
    pipeline.end();
    await settle();
  }
  t.equal(pipeline.count('play'), 6);
  t.equal(descriptions.length, 1);
  t.same(states(), ['connecting', 'online']);
  t.equal(frames.at(-1)?.sequence, 4);
});

t.test('a looping file without a picture waits before each attempt', async (t) => {
  const { camera, clock, pipeline, reports } = setup({ source: FILE, loop: true });
  camera.start();
  await settle();
  pipeline.end();
  await settle();
  t.match(reports.at(-1), { state: 'offline', error: { code: 'VIDEO_UNREADABLE' } });
  t.equal(pipeline.count('play'), 1);
  await clock.advanceAsync(1000);
  t.equal(pipeline.count('play'), 2);
});

t.test('in every-frame mode nothing is pulled until the consumer wants it', async (t) => {
  let take: (() => void) | undefined;
  const wantsFrame = () =>
    new Promise<void>((resolve) => {
      take = resolve;
    });
  const { camera, clock, pipeline, frames, states } = setup(
    { source: FILE, everyFrame: true },
    { wantsFrame },
  );
  camera.start();
  await settle();
  t.notOk(pipeline.pulling);
  await clock.advanceAsync(60_000);
  t.same(states(), ['connecting'], 'waiting for the consumer is no stall');
  take?.();
  await settle();
  t.ok(pipeline.pulling);
  pipeline.picture();
  pipeline.picture();
  await settle();
  t.equal(frames.length, 1);
  take?.();
  await settle();
  t.equal(frames.length, 2);
});

t.test('after "not now" demand() asks again', async (t) => {
  let wanted = false;
  const { camera, pipeline, frames } = setup(
    { source: FILE, everyFrame: true },
    { wantsFrame: () => wanted },
  );
  camera.start();
  await settle();
  camera.demand();
  await settle();
  t.notOk(pipeline.pulling, 'still not wanted');
  wanted = true;
  camera.demand();
  await settle();
  pipeline.picture();
  await settle();
  t.equal(frames.length, 1);
});

t.test('the frame rate cap holds for streams that announce no rate', async (t) => {
  const { camera, clock, pipeline, frames } = setup({ fps: 5 });
  camera.start();
  for (let ms = 0; ms < 10_000; ms += 20) {
    await settle();
    if (pipeline.pulling) pipeline.picture();
    await clock.advanceAsync(20);
  }
  t.ok(frames.length >= 49 && frames.length <= 52, `${frames.length} frames in 10 s`);
});

t.test('stopping asks a live source to end and waits for it', async (t) => {
  const { camera, pipeline, clock, states, picture } = setup();
  camera.start();
  await settle();
  await picture();
  const stopped = camera.stop();
  t.equal(camera.stop(), stopped, 'twice is once');
  await settle();
  t.same(pipeline.calls.slice(-1), ['sendEos']);
  pipeline.bus({ type: 'eos', element: 'pipeline0', text: '' });
  await stopped;
  t.same(pipeline.calls.slice(-2), ['sendEos', 'close']);
  t.equal(clock.pending, 0);
  t.same(states(), ['connecting', 'online']);
});

t.test('a source that does not end is closed after a while, and no frame comes after stop()', async (t) => {
  const { camera, pipeline, clock, frames } = setup();
  camera.start();
  await settle();
  const stopped = camera.stop();
  pipeline.picture();
  pipeline.error('late');
  await settle();
  await clock.advanceAsync(3000);
  await stopped;
  pipeline.picture();
  await settle();
  t.equal(frames.length, 0);
  t.equal(pipeline.count('close'), 1);
  t.equal(clock.pending, 0);
});

t.test('a camera that waits for its next attempt stops at once', async (t) => {
  const { camera, pipeline, clock } = setup();
  camera.start();
  await settle();
  pipeline.error('gone');
  await settle();
  await camera.stop();
  await clock.advanceAsync(60_000);
  t.equal(pipeline.count('play'), 1);
  t.equal(pipeline.count('sendEos'), 0);
  t.equal(clock.pending, 0);
});

t.test('stop() before start() and during the first check leaves nothing behind', async (t) => {
  const idle = setup();
  await idle.camera.stop();
  t.equal(idle.clock.pending, 0);
  const { camera, pipeline, clock } = setup();
  camera.start();
  await camera.stop();
  await settle();
  t.equal(pipeline.count('play'), 0);
  t.equal(clock.pending, 0);
});

t.test('whoever hears of a state may stop the camera then and there', async (t) => {
  for (const state of ['connecting', 'online', 'offline']) {
    let stopped: Promise<void> | undefined;
    const { camera, pipeline, clock, picture } = setup(
      {},
      {
        onState: (report) => {
          if (report.state === state) stopped = camera.stop();
        },
      },
    );
    camera.start();
    await settle();
    await picture();
    pipeline.error('gone');
    await clock.advanceAsync(60_000);
    await stopped;
    t.ok(pipeline.count('play') <= 1, state);
    t.equal(clock.pending, 0, `${state} leaves no timer`);
  }
});

t.test('the truth of a drawn picture goes along with its frame', async (t) => {
  const { camera, pipeline, frames } = setup();
  camera.start();
  await settle();
  const truth = { objects: [], unsure: [] };
  pipeline.picture(4, 2, truth);
  await settle();
  pipeline.picture();
  await settle();
  t.equal(frames[0]?.truth, truth);
  t.notOk('truth' in (frames[1] ?? {}));
});

t.test(
  'lost packets are a note of a camera that is online, beside others, until they come again',
  async (t) => {
    const { chooser } = choosing([{ text: 'a', described: 'a', note: 'Software decodes.' }]);
    const source: Source = { ...RTSP, transport: 'udp' };
    const { camera, pipeline, clock, reports, picture } = setup({ source }, { chooser });
    camera.start();
    await settle();
    await picture();
    let step = 3;
    pipeline.packets = () => Array.from({ length: 20 }, (_, index) => index * step);
    const seconds = async (count: number) => {
      for (let second = 0; second < count; second += 1) await clock.advanceAsync(1000);
    };
    await seconds(3);
    t.match(reports.at(-1), {
      state: 'online',
      note: /^Software decodes\. About 65 % of its packets are lost/,
    });
    t.equal(reports.filter(({ note }) => /lost/.test(note ?? '')).length, 1, 'told once');
    step = 1;
    await seconds(6);
    t.match(reports.at(-1), { state: 'online', note: /^Software decodes\.$/ });
    const stopped = camera.stop();
    pipeline.bus({ type: 'eos', element: 'pipeline0', text: '' });
    await stopped;
    t.equal(clock.pending, 0);
  },
);
