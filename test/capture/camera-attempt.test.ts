/** One attempt: what it hands out, and that it tells its end once. */
import t from 'tap';
import { CameraAttempt, type CameraAttemptOptions } from '../../dist/capture/camera-attempt.js';
import type { Source } from '../../dist/core/source.js';
import { FakeClock, settle } from '../helpers/fake-clock.js';
import { ScriptedPipeline } from '../helpers/scripted-pipeline.js';

const RTSP: Source = { kind: 'rtsp', url: 'rtsp://cam/x', transport: 'tcp', latencyMs: 200 };

function setup(options: Partial<CameraAttemptOptions> = {}) {
  const clock = new FakeClock();
  const pipeline = new ScriptedPipeline();
  const told: string[] = [];
  const attempt = new CameraAttempt({
    pipeline,
    source: RTSP,
    clock,
    stallTimeoutMs: 4000,
    atSourceSize: false,
    pace: undefined,
    wantsFrame: undefined,
    onPicture: (_picture, { width, height }) => told.push(`${width}×${height}`),
    onEnd: () => told.push('end'),
    onStall: ({ code, message }, place) => told.push(`${code} ${place}: ${/for .* s/.exec(message)?.[0]}`),
    onFault: ({ code }, place) => told.push(`${code} ${place}`),
    onLoss: (share) => told.push(`loss ${share}`),
    ...options,
  });
  return { clock, pipeline, told, attempt };
}

t.test('pictures come with the size of the source, and a fault once', async (t) => {
  const { clock, pipeline, told, attempt } = setup();
  attempt.start();
  pipeline.picture();
  await settle();
  t.equal(attempt.frames, 1);
  pipeline.error('gone');
  pipeline.error('gone again');
  pipeline.end();
  pipeline.picture();
  await clock.advanceAsync(60_000);
  t.strictSame(told, ['1920×1080', 'CAMERA_LOST undefined']);
  t.equal(clock.pending, 0);
});

t.test('an error of the element that decodes is the decoder’s', async (t) => {
  const { pipeline, told, attempt } = setup({ decoder: 'nvv4l2decoder' });
  attempt.start();
  pipeline.bus({ type: 'error', element: 'nvv4l2decoder0', text: 'Failed' });
  await settle();
  t.strictSame(told, ['CAMERA_OPEN decoder']);
});

t.test('silence is a stall, and none while nobody wants a frame', async (t) => {
  let wanted = false;
  const { clock, pipeline, told, attempt } = setup({ wantsFrame: () => wanted });
  pipeline.arrived = 0;
  attempt.start();
  await clock.advanceAsync(60_000);
  t.strictSame(told, []);
  wanted = true;
  attempt.demand();
  await clock.advanceAsync(4250);
  t.strictSame(told, ['CAMERA_OPEN somewhere: for 4 s']);
});

t.test('the first picture may take longer, unless a network is silent', async (t) => {
  const bytes = (ms: number) => ms;
  const cases: [Partial<CameraAttemptOptions>, ((ms: number) => number) | undefined, number, string][] = [
    [{}, bytes, 12_000, 'CAMERA_DECODER decoder: for 12 s'],
    [{}, () => 0, 4000, 'CAMERA_OPEN somewhere: for 4 s'],
    [{ source: { kind: 'csi', sensorId: 0 } }, undefined, 12_000, 'CAMERA_OPEN somewhere: for 12 s'],
    [{ stallTimeoutMs: 20_000 }, bytes, 20_000, 'CAMERA_DECODER decoder: for 20 s'],
  ];
  for (const [options, arrives, afterMs, expected] of cases) {
    const { clock, pipeline, told, attempt } = setup(options);
    attempt.start();
    for (let ms = 0; ms < afterMs; ms += 250) {
      pipeline.arrived = arrives?.(ms);
      t.strictSame(told, []);
      await clock.advanceAsync(250);
    }
    t.strictSame(told, [expected]);
  }
});

t.test('after cancel() nothing is told', async (t) => {
  const { clock, pipeline, told, attempt } = setup();
  attempt.start();
  attempt.cancel();
  pipeline.picture();
  pipeline.error('gone');
  await clock.advanceAsync(60_000);
  t.strictSame(told, []);
  t.equal(clock.pending, 0);
});

t.test('end() waits for the end of the stream, for so long at most', async (t) => {
  for (const answers of [true, false]) {
    const { clock, pipeline, told, attempt } = setup();
    attempt.start();
    await settle();
    let ended = false;
    void attempt.end(3000).then(() => {
      ended = true;
    });
    pipeline.picture();
    if (answers) pipeline.end();
    await clock.advanceAsync(answers ? 0 : 2999);
    t.equal(ended, answers);
    await clock.advanceAsync(1);
    t.ok(ended);
    t.strictSame(told, [], 'no picture, no end, no fault');
    attempt.cancel();
    t.equal(clock.pending, 0);
  }
});

t.test('what keeps the stream may fail without the camera', async (t) => {
  const faults: string[] = [];
  const { pipeline, told, attempt } = setup({ onRecorderFault: (text) => faults.push(text) });
  attempt.start();
  pipeline.error('No space left', 'detectd_recorder');
  pipeline.picture();
  await settle();
  t.strictSame(faults, ['No space left']);
  t.equal(attempt.frames, 1);
  t.strictSame(told, ['1920×1080']);
});

t.test('packets of UDP are looked at while it plays, those of TCP never', async (t) => {
  const torn = Array.from({ length: 20 }, (_, index) => index * 2);
  for (const transport of ['udp', 'tcp'] as const) {
    const { clock, pipeline, told, attempt } = setup({ source: { ...RTSP, transport } });
    pipeline.packets = () => torn;
    attempt.start();
    for (let second = 0; second < 3; second += 1) await clock.advanceAsync(1000);
    t.strictSame(told, transport === 'udp' ? ['loss 0.5'] : [], transport);
    attempt.cancel();
    t.equal(clock.pending, 0);
  }
});
