/** Recordings by the real GStreamer: they play from end to end and hold the moment, and a disk that fails hurts no camera. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { systemClock as clock } from '../../dist/base/clock.js';
import { AskingChooser } from '../../dist/capture/asking-chooser.js';
import type { CameraOptions } from '../../dist/capture/camera.js';
import { findElements } from '../../dist/capture/elements.js';
import { GstPipeline } from '../../dist/capture/gst-pipeline.js';
import { noRecording, recordingNote } from '../../dist/capture/recording-branch.js';
import type { Recording } from '../../dist/core/recording.js';
import { scanStream, secondsBetween } from '../../dist/recording/transport-stream.js';
import { noCapture } from '../helpers/capture-rig.js';
import { freePort } from '../helpers/mosquitto.js';
import { httpCamera, jpeg, noRtspServer, rtspServer, streamMjpeg } from '../helpers/network-camera.js';
import { playedPictures, recordedCamera } from '../helpers/recorded-camera.js';
import { until } from '../helpers/until.js';

const elements = noCapture === false ? await findElements() : undefined;
const why =
  elements === undefined ? noCapture : (recordingNote(undefined, elements)?.startsWith('It is not') ?? false);
const skip = { skip: why === true && elements !== undefined ? noRecording(elements).message : why };
const BALL = { kind: 'test', pattern: 'ball', width: 320, height: 240, fps: 10 } as const;

/** `folder` holds pieces of at least so many seconds. */
const pieces = (folder: string, count: number) => until(() => readdirSync(folder).length >= count);

t.test('a file plays from end to end and holds the moment', skip, async (t) => {
  const it = await recordedCamera(t, BALL);
  await pieces(it.buffer, 5);
  const atUs = clock.monotonicUs();
  const [recording] = (await it.recorder.record({ reason: 'command', atUs })) as [Recording];
  t.ok(recording.fromUs < atUs - 1.5e6 && recording.toUs > atUs + 1.5e6);
  const facts = scanStream(readFileSync(recording.path));
  t.equal(facts.length, recording.bytes, 'whole packets');
  t.equal(facts.picturesFromKey, facts.pictures, 'the first needs no other');
  t.equal(playedPictures(recording), facts.pictures);
  const seconds = secondsBetween(facts.firstTime ?? 0, facts.lastTime ?? 0);
  t.ok(Math.abs(seconds - (recording.toUs - recording.fromUs) / 1e6) < 1.5, `${seconds} s`);
  t.strictSame(it.failures, []);
});

t.test('a folder that is taken away costs what was in it, and no picture', skip, async (t) => {
  const it = await recordedCamera(t, BALL);
  await pieces(it.buffer, 3);
  rmSync(it.buffer, { recursive: true, force: true });
  const frames = it.frames.length;
  await it.got(frames + 10);
  await pieces(it.buffer, 3);
  const [recording] = (await it.recorder.record({ reason: 'command', atUs: clock.monotonicUs() })) as [
    Recording,
  ];
  t.ok(playedPictures(recording) > 10);
  t.strictSame(
    it.reports.map(({ state }) => state),
    ['connecting', 'online'],
  );
});

/** A file system of 64 kB at this folder; false where that is not allowed. */
const mount = (folder: string) =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]).status === 0;
const small = mkdtempSync(join(tmpdir(), 'detectd-small-'));
const mounted = mount(small);
t.teardown(() => {
  if (mounted) spawnSync('umount', ['-l', small]);
  rmSync(small, { recursive: true, force: true });
});
const noSmallDisk = skip.skip || (mounted ? false : 'a small file system wants root');

t.test('a disk that is full costs recordings, and no picture', { skip: noSmallDisk }, async (t) => {
  const buffer = small;
  writeFileSync(join(buffer, 'filler'), Buffer.alloc(48 * 1024));
  const it = await recordedCamera(t, { ...BALL, pattern: 'snow' }, { buffer });
  await it.got(40);
  t.strictSame(
    it.reports.map(({ state }) => state),
    ['connecting', 'online'],
  );
});

const asking: Partial<CameraOptions> = { chooser: (...of) => new AskingChooser(...of, { clock }) };

t.test(
  'what an RTSP camera sends is kept as it comes, and a server that ends loses no more than the last second',
  { skip: skip.skip || noRtspServer },
  async (t) => {
    const port = await freePort();
    const server = await rtspServer(t, port);
    const url = `rtsp://127.0.0.1:${port}/video`;
    const described: string[] = [];
    const it = await recordedCamera(
      t,
      { kind: 'rtsp', url, transport: 'tcp', latencyMs: 100 },
      {
        options: {
          ...asking,
          pipelineFactory: (text) => {
            described.push(text);
            return new GstPipeline(text);
          },
        },
      },
    );
    await pieces(it.buffer, 5);
    const atUs = clock.monotonicUs();
    const [recording] = (await it.recorder.record({ reason: 'command', atUs })) as [Recording];
    t.match(described, [/ tee name=detectd_stream ! /]);
    t.notMatch(described[0], /detectd_recorder_encoder/, 'nothing is encoded');
    t.ok(recording.fromUs < atUs - 1.5e6 && recording.toUs > atUs + 1.5e6);
    const facts = scanStream(readFileSync(recording.path));
    // The last one may wait for what follows it.
    t.ok(playedPictures(recording) >= facts.pictures - 1);
    t.ok(facts.pictures > 30, `${facts.pictures} pictures of 15 a second`);

    await until(() => (it.recorder.newestUs ?? 0) > recording.toUs + 3e6);
    server.kill('SIGKILL');
    await it.reached('offline');
    const [last] = (await it.recorder.record({ reason: 'camera', atUs: it.recorder.newestUs ?? 0 })) as [
      Recording,
    ];
    t.ok(last.toUs >= (it.recorder.newestUs ?? 0) - 1e6);
    t.ok(playedPictures(last) > 20);
  },
);

t.test('pictures of an HTTP camera are kept as they are', skip, async (t) => {
  const picture = jpeg(t, 64);
  const url = await httpCamera(t, (_request, response) => streamMjpeg(response, picture));
  const it = await recordedCamera(t, { kind: 'http', url }, { options: asking });
  await pieces(it.buffer, 5);
  const [recording] = (await it.recorder.record({ reason: 'command', atUs: clock.monotonicUs() })) as [
    Recording,
  ];
  t.match(recording.path, /\.mjpg$/);
  t.equal(recording.bytes % picture.length, 0, 'whole pictures, to the byte');
  t.equal(playedPictures(recording), recording.bytes / picture.length);
});
