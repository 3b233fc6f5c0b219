import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { AskingChooser } from '../../dist/capture/asking-chooser.js';
import type { PipelineInput } from '../../dist/capture/pipeline-string.js';
import type { Source } from '../../dist/core/source.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { freePort } from '../helpers/mosquitto.js';
import { httpCamera } from '../helpers/network-camera.js';
import { description, rtspAnswer, scriptedCamera } from '../helpers/scripted-camera.js';

const board = { has: () => true };
const cpu = { has: (name: string) => !name.startsWith('nv') };
const signal = new AbortController().signal;
const FAULT = new DetectdError('CAMERA_DECODER', 'x');

function chooser(source: Source, elements = cpu, clock = new FakeClock()) {
  const target = { kind: 'scaled', width: 32, height: 32, format: 'RGB' } as const;
  const input: PipelineInput = { source, target, everyFrame: false };
  return new AskingChooser(input, elements, { clock });
}

const rtsp = (port: number, more: object = {}): Source => ({
  kind: 'rtsp',
  url: `rtsp://u:hidden@127.0.0.1:${port}/x`,
  transport: 'tcp',
  latencyMs: 0,
  ...more,
});

t.test('each attempt plays what the camera sends then', async (t) => {
  let encoding = 'H264';
  const camera = await scriptedCamera(t, (_request, socket) =>
    socket.write(rtspAnswer('200 OK', [], description(encoding))),
  );
  const it = chooser(rtsp(camera.port));
  const first = await it.choose(signal);
  t.match(first, {
    codec: 'h264',
    decoder: 'avdec_h264',
    note: undefined,
    text: /encoding-name=H264.* avdec_h264 ! /,
  });
  t.match(first.text, /hidden/);
  t.notMatch(first.described, /hidden/);
  t.same(await it.choose(signal), first, 'the same camera, the same pipeline');
  encoding = 'H265';
  t.match(await it.choose(signal), { codec: 'h265', decoder: 'avdec_h265' });
  encoding = 'MP2T';
  t.match(await it.choose(signal), {
    codec: 'mp2t',
    decoder: undefined,
    note: /mp2t.*decodebin/,
    text: /decodebin/,
  });
  encoding = 'H265';
  const poor = { has: (name: string) => cpu.has(name) && !name.includes('265') };
  t.match(await chooser(rtsp(camera.port), poor).choose(signal), {
    note: /lacks elements for h265/,
    text: /decodebin/,
  });
});

t.test('who cannot be opened is not opened', async (t) => {
  await t.rejects(chooser(rtsp(await freePort())).choose(signal), {
    code: 'CAMERA_OPEN',
    message: /refused/,
  });
  await t.rejects(chooser({ kind: 'v4l2', device: '/dev/video99' }).choose(signal), { code: 'CAMERA_OPEN' });
  await t.rejects(chooser({ kind: 'file', path: '/nowhere' }).choose(signal), { code: 'VIDEO_UNREADABLE' });
  const bare = { has: (name: string) => name !== 'rtspsrc' };
  await t.rejects(chooser(rtsp(await freePort()), bare).choose(signal), { code: 'GSTREAMER_MISSING' });
});

t.test('a codec that is configured saves the question, and nobody there is still found out', async (t) => {
  const camera = await scriptedCamera(t, () => {});
  const choice = await chooser(rtsp(camera.port, { codec: 'vp8' })).choose(signal);
  t.match(choice, { codec: 'vp8', decoder: 'vp8dec' });
  t.same(camera.requests, []);
  await t.rejects(chooser(rtsp(await freePort(), { codec: 'vp8' })).choose(signal), { message: /refused/ });
});

t.test('a web camera is asked until pictures have come, and again when none do', async (t) => {
  let requests = 0;
  let type = 'multipart/x-mixed-replace';
  const url = await httpCamera(t, (_request, response) => {
    requests += 1;
    response.writeHead(200, { 'content-type': type });
    response.flushHeaders();
  });
  const it = chooser({ kind: 'http', url });
  t.match(await it.choose(signal), { codec: 'mjpeg', decoder: 'jpegdec' });
  await it.choose(signal);
  t.equal(requests, 2, 'nothing has come of it yet');
  it.worked();
  await it.choose(signal);
  t.equal(requests, 2);
  it.failed(new DetectdError('CAMERA_LOST', 'x'), undefined);
  type = 'video/mp2t';
  t.match(await it.choose(signal), { codec: undefined, text: /decodebin/ });
  t.equal(requests, 3);
});

t.test('a hardware decoder that fails twice in a row is passed over, and why is told', async (t) => {
  const clock = new FakeClock();
  const camera = await scriptedCamera(t, (_request, socket) =>
    socket.write(rtspAnswer('200 OK', [], description('H264'))),
  );
  const it = chooser(rtsp(camera.port), board, clock);
  const decoder = async () => (await it.choose(signal)).decoder;
  t.equal(await decoder(), 'nvv4l2decoder');
  it.failed(FAULT, 'decoder');
  it.failed(FAULT, undefined);
  t.equal(await decoder(), 'nvv4l2decoder', 'once may be chance');
  clock.advance(600_000);
  it.failed(FAULT, 'decoder');
  t.equal(await decoder(), 'nvv4l2decoder', 'so may twice in a long time');
  clock.advance(10_000);
  it.failed(FAULT, 'decoder');
  t.match(await it.choose(signal), {
    decoder: 'avdec_h264',
    note: /nvv4l2decoder failed 2 times.*avdec_h264/,
  });
  it.worked();
  t.equal(await decoder(), 'avdec_h264', 'for as long as this process lives');
  const plain = chooser(rtsp(camera.port), cpu, clock);
  await plain.choose(signal);
  for (let count = 0; count < 3; count += 1) plain.failed(FAULT, 'decoder');
  t.match(await plain.choose(signal), { decoder: 'avdec_h264', note: undefined });
});

t.test('devices play what is configured, or what they offer', async (t) => {
  const v4l2 = { kind: 'v4l2', device: '/dev/null' } as const;
  t.match(await chooser(v4l2).choose(signal), { codec: undefined, text: /decodebin/ });
  t.match(await chooser({ ...v4l2, codec: 'mjpeg' }).choose(signal), { codec: 'mjpeg', decoder: 'jpegdec' });
  t.match(await chooser({ ...v4l2, codec: 'raw' }).choose(signal), {
    codec: 'raw',
    note: undefined,
    text: / ! video\/x-raw ! /,
  });
});
