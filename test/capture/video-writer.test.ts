/** Pictures into a video file, with pipelines that a test drives. That GStreamer makes real files is tried in test/e2e. */
import t, { type Test } from 'tap';
import { VideoWriter, type VideoWriterOptions } from '../../dist/capture/video-writer.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { ScriptedPipeline } from '../helpers/scripted-pipeline.js';

interface Rig {
  writer: VideoWriter;
  clock: FakeClock;
  /** One per attempt, each with its description. */
  pipelines: ScriptedPipeline[];
  descriptions: string[];
}

const X264 = ['x264enc', 'h264parse', 'mp4mux'];

function rig(names: string[] = X264, change: Partial<VideoWriterOptions> = {}): Rig {
  const clock = new FakeClock();
  const made: Omit<Rig, 'writer'> = { clock, pipelines: [], descriptions: [] };
  const writer = new VideoWriter({
    file: '/out/.a b.tmp',
    ending: '.mp4',
    width: 4,
    height: 2,
    frameRate: { numerator: 25, denominator: 1 },
    elements: { has: (name) => names.includes(name) },
    clock,
    pipelineFactory: (description) => {
      const pipeline = new ScriptedPipeline();
      made.pipelines.push(pipeline);
      made.descriptions.push(description);
      return pipeline;
    },
    ...change,
  });
  return { writer, ...made };
}

const picture = (fill: number, bytes = 24) => new Uint8Array(bytes).fill(fill);
const eos = { type: 'eos', element: 'pipeline0', text: '' } as const;

t.test('pictures go in at their times, and the end makes the file whole', async (t) => {
  const { writer, clock, pipelines, descriptions } = rig(X264, {
    frameRate: { numerator: 30_000, denominator: 1001 },
  });
  for (const fill of [1, 2, 3]) await writer.write(picture(fill));
  const [pipeline] = pipelines as [ScriptedPipeline];
  t.strictSame(
    pipeline.pushed.map(({ bytes, atUs }) => [bytes[0], Math.round(atUs ?? -1)]),
    [
      [1, 0],
      [2, 33_367],
      [3, 66_733],
    ],
  );
  t.match(descriptions, [
    /^appsrc .*format=RGB,width=4,height=2,framerate=30000\/1001" ! videoconvert ! .*x264enc/,
  ]);
  t.match(descriptions[0], /location=\\"\/out\/\.a\\\\040b\.tmp/, 'whatever its name');
  const finished = writer.finish();
  await clock.advanceAsync(10);
  t.equal(pipeline.calls.at(-1), 'sendEos');
  pipeline.bus(eos);
  await clock.advanceAsync(10);
  await finished;
  t.equal(pipeline.calls.at(-1), 'close');
});

t.test('whoever writes waits for an encoder that is behind', async (t) => {
  const { writer, clock, pipelines } = rig();
  await writer.write(picture(1));
  const [pipeline] = pipelines as [ScriptedPipeline];
  pipeline.waiting = 2 * 24;
  let written = false;
  const writing = writer.write(picture(2)).then(() => {
    written = true;
  });
  await clock.advanceAsync(5000);
  t.notOk(written);
  pipeline.waiting = 24;
  await clock.advanceAsync(10);
  await writing;
});

t.test('the end is announced when everything was taken', async (t) => {
  const { writer, clock, pipelines } = rig();
  await writer.write(picture(1));
  const [pipeline] = pipelines as [ScriptedPipeline];
  pipeline.waiting = 24;
  const finished = writer.finish();
  await clock.advanceAsync(100);
  t.equal(pipeline.count('sendEos'), 0);
  pipeline.waiting = 0;
  await clock.advanceAsync(10);
  t.equal(pipeline.count('sendEos'), 1);
  pipeline.bus(eos);
  await clock.advanceAsync(10);
  await finished;
});

t.test('a full disk is the error of the next picture, and of the end', async (t) => {
  const { writer, pipelines } = rig();
  await writer.write(picture(1));
  pipelines[0]?.bus({ type: 'error', element: 'detectd_file', text: 'No space left on the resource.' });
  const full = { code: 'OUTPUT_UNWRITABLE', message: /cannot be written: No space left on the resource\.$/ };
  await t.rejects(writer.write(picture(2)), full);
  await t.rejects(writer.finish(), full);
  writer.close();
  t.equal(pipelines[0]?.calls.at(-1), 'close');
});

t.test('what an encoder refuses is the error of the video', async (t) => {
  const { writer, pipelines } = rig();
  await writer.write(picture(1));
  pipelines[0]?.error('not negotiated');
  await t.rejects(writer.write(picture(2)), {
    code: 'VIDEO_ENCODE',
    message: /not negotiated/,
    hint: /--frames/,
  });
  writer.close();
});

t.test('an encoder that takes nothing any more is given up on', async (t) => {
  const { writer, clock, pipelines } = rig();
  await writer.write(picture(1));
  (pipelines[0] as ScriptedPipeline).waiting = 1000;
  const writing = t.rejects(writer.write(picture(2)), { code: 'VIDEO_ENCODE', message: /takes no more/ });
  await clock.advanceAsync(61_000);
  await writing;
  writer.close();
});

/** The pipeline of a trial is let succeed or fail as soon as it waits for that. */
async function trial(t: Test, made: Rig, index: number, outcome: 'works' | 'fails'): Promise<void> {
  await made.clock.advanceAsync(10);
  const pipeline = made.pipelines[index] as ScriptedPipeline;
  t.equal(pipeline.pushed.length, 1);
  if (outcome === 'works') pipeline.bus(eos);
  else pipeline.error('no such device');
  await made.clock.advanceAsync(10);
  t.equal(pipeline.calls.at(-1), 'close');
}

t.test('an encoder that is listed but does not work here gives way to the next', async (t) => {
  const names = ['nvv4l2h264enc', 'nvvidconv', 'avenc_mpeg4', ...X264];
  const made = rig(names, { width: 8, height: 1 });
  const writing = made.writer.write(picture(1));
  await trial(t, made, 0, 'fails');
  await trial(t, made, 1, 'works');
  await writing;
  t.match(made.descriptions, [/nvv4l2h264enc/, /x264enc/, /x264enc/]);
  t.strictSame(
    made.pipelines[2]?.pushed.map(({ atUs }) => atUs),
    [0],
    'the first picture is in the file too',
  );
  made.writer.close();
  const again = rig(['avenc_mpeg4', ...X264], { width: 8, height: 1 });
  await again.writer.write(picture(1));
  t.equal(again.pipelines.length, 1, 'what has worked is not tried again');
  again.writer.close();
});

t.test('a full disk is no fault of the encoder', async (t) => {
  const made = rig(['avenc_mpeg4', ...X264], { width: 2, height: 4 });
  const writing = t.rejects(made.writer.write(picture(1)), { code: 'OUTPUT_UNWRITABLE' });
  await made.clock.advanceAsync(10);
  made.pipelines[0]?.bus({ type: 'error', element: 'detectd_file', text: 'No space left.' });
  await made.clock.advanceAsync(10);
  await writing;
  t.equal(made.pipelines.length, 1);
});

t.test('rows are padded as GStreamer wants them, and odd sides lose a pixel', async (t) => {
  const { writer, pipelines, descriptions } = rig(X264, { width: 3, height: 3 });
  await writer.write(Uint8Array.from({ length: 27 }, (_, index) => index));
  t.strictSame(
    [...(pipelines[0]?.pushed[0]?.bytes ?? [])],
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 9, 10, 11, 12, 13, 14, 15, 16, 17, 0, 0, 0].concat([
      18, 19, 20, 21, 22, 23, 24, 25, 26, 0, 0, 0,
    ]),
  );
  t.match(descriptions, [/videocrop right=1 bottom=1 ! videoconvert/]);
  writer.close();
});

t.test('a video without a picture is no file', async (t) => {
  const { writer, pipelines } = rig();
  await writer.finish();
  writer.close();
  t.equal(pipelines.length, 0);
});
