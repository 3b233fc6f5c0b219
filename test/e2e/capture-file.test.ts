/** Files through the real GStreamer: whole ones, broken ones, and names that try to break out. */
import { execFileSync } from 'node:child_process';
import { closeSync, cpSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readVideo } from '../../dist/capture/video-file.js';
import { noCapture, noVtest, rig, VTEST } from '../helpers/capture-rig.js';
import { testVideo } from '../helpers/test-video.js';

const file = (path: string) => ({ kind: 'file' as const, path });

t.test('every frame of a video, scaled, with the size it had', { skip: noVtest }, async (t) => {
  const it = await rig(file(VTEST), { everyFrame: true });
  const started = performance.now();
  it.camera.start();
  await it.reached('ended');
  const seconds = (performance.now() - started) / 1000;
  t.comment(`${Math.round(it.frames.length / seconds)} frames per second`);
  t.equal(it.frames.length, 795);
  t.same(
    it.frames.map((frame) => frame.sequence),
    Array.from({ length: 795 }, (_, index) => index),
  );
  t.ok(it.frames.every((frame, index) => frame.capturedAtUs >= (it.frames[index - 1]?.capturedAtUs ?? 0)));
  t.ok(it.frames.every((frame) => frame.sourceWidth === 768 && frame.sourceHeight === 576));
  t.match(it.last, { width: 416, height: 416, format: 'RGB' });
  t.equal(it.last?.data.length, 416 * 416 * 3);
  t.same(
    it.reports.map((report) => report.state),
    ['connecting', 'online', 'ended'],
  );
  await it.camera.stop();
});

t.test('a frame can be transferred', { skip: noVtest }, async (t) => {
  const it = await rig(file(VTEST), { everyFrame: true });
  it.camera.start();
  await it.got(1);
  await it.camera.stop();
  const data = it.last?.data;
  t.equal(data?.byteOffset, 0);
  t.equal(data?.buffer.byteLength, 416 * 416 * 3);
  t.doesNotThrow(() => structuredClone(data, { transfer: data === undefined ? [] : [data.buffer] }));
});

t.test('in real time a file plays at its own rate', { skip: noVtest }, async (t) => {
  const it = await rig(file(VTEST));
  it.camera.start();
  await it.got(11);
  await it.camera.stop();
  const [first, last] = [it.frames[0]?.capturedAtUs ?? 0, it.frames[10]?.capturedAtUs ?? 0];
  t.ok(last - first > 900_000, `ten frames of 100 ms took ${Math.round((last - first) / 1000)} ms`);
});

t.test('the frame rate cap thins a file', { skip: noVtest }, async (t) => {
  const it = await rig(file(VTEST), { everyFrame: true, fps: 2.5 });
  it.camera.start();
  await it.reached('ended');
  t.ok(Math.abs(it.frames.length - 199) <= 1, `${it.frames.length} of 795 frames at 2.5 of 10 a second`);
});

t.test('a looping file goes on and on', { skip: noCapture }, async (t) => {
  const it = await rig(file(testVideo(join(t.testdir(), 'loop.avi'), 7)), { everyFrame: true, loop: true });
  it.camera.start();
  await it.got(71);
  await it.camera.stop();
  t.equal(it.frames[70]?.sequence, 70);
  t.same(
    it.reports.map((report) => report.state),
    ['connecting', 'online'],
  );
});

t.test('sound beside the picture is ignored', { skip: noCapture }, async (t) => {
  const path = join(t.testdir(), 'sound.mkv');
  const tracks = [
    ...['matroskamux', 'name=m', '!', 'filesink', `location=${path}`],
    ...['audiotestsrc', 'num-buffers=50', '!', 'audio/x-raw,rate=44100', '!', 'm.'],
    ...['videotestsrc', 'num-buffers=20', '!', 'video/x-raw,width=96,height=64', '!', 'jpegenc', '!', 'm.'],
    ...['videotestsrc', 'num-buffers=20', '!', 'video/x-raw,width=32,height=24', '!', 'jpegenc', '!', 'm.'],
  ];
  execFileSync('gst-launch-1.0', ['-q', ...tracks]);
  const it = await rig(file(path), { everyFrame: true });
  it.camera.start();
  t.equal((await it.reached('ended')).error, undefined);
  t.equal(it.frames.length, 20, 'and of two video streams one is taken');
});

t.test('names with every kind of character are names', { skip: noCapture }, async (t) => {
  const folder = t.testdir();
  const video = testVideo(join(folder, 'plain.avi'), 3);
  const names = [
    'a b',
    'a"b\'c',
    'back\\slash\\',
    'a ! fakesink',
    'ünï-日本-🎥',
    '"quoted"',
    'x=y;z(1),{2}',
    'new\nline',
    '%s$HOME',
  ];
  for (const name of names) {
    cpSync(video, join(folder, name));
    const it = await rig(file(join(folder, name)), { everyFrame: true });
    it.camera.start();
    const end = await it.reached('ended');
    t.same([it.frames.length, end.error], [3, undefined], JSON.stringify(name));
  }
});

t.test('what is no video ends with the reason', { skip: noCapture }, async (t) => {
  const folder = t.testdir({ 'zero.avi': '', 'text.avi': 'This is a text.\n'.repeat(500), sub: {} });
  writeFileSync(
    join(folder, 'noise.mp4'),
    Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251)),
  );
  execFileSync('gst-launch-1.0', [
    '-q',
    'audiotestsrc',
    'num-buffers=20',
    '!',
    'wavenc',
    '!',
    'filesink',
    `location=${join(folder, 'sound.wav')}`,
  ]);
  writeFileSync(
    join(folder, 'head.avi'),
    readFileSync(testVideo(join(folder, 'whole.avi'), 5)).subarray(0, 300),
  );
  for (const name of ['zero.avi', 'text.avi', 'noise.mp4', 'sound.wav', 'head.avi', 'sub', 'none.avi']) {
    const it = await rig(file(join(folder, name)), { everyFrame: true });
    it.camera.start();
    const end = await it.reached('ended');
    t.equal(end.error?.code, 'VIDEO_UNREADABLE', `${name}: ${end.error?.message}`);
    t.ok(end.error?.hint);
    t.equal(it.frames.length, 0);
    await it.camera.stop();
  }
});

t.test('a truncated video gives what it holds and ends', { skip: noVtest }, async (t) => {
  const path = join(t.testdir(), 'cut.avi');
  const start = Buffer.alloc(1_000_000);
  const source = openSync(VTEST, 'r');
  readSync(source, start, 0, start.length, 0);
  closeSync(source);
  writeFileSync(path, start);
  const it = await rig(file(path), { everyFrame: true });
  it.camera.start();
  await it.reached('ended');
  t.ok(it.frames.length > 20 && it.frames.length < 795, `${it.frames.length} frames`);
});

t.test('readVideo yields every picture at its size', { skip: noVtest }, async (t) => {
  let count = 0;
  for await (const frame of readVideo(VTEST)) {
    if (count === 0)
      t.match(frame, { width: 768, height: 576, sourceWidth: 768, sourceHeight: 576, sequence: 0 });
    count += 1;
  }
  t.equal(count, 795);
});

t.test('readVideo packs rows that GStreamer pads', { skip: noCapture }, async (t) => {
  const path = join(t.testdir(), 'odd.avi');
  const pattern = [
    'videotestsrc',
    'num-buffers=2',
    'pattern=red',
    '!',
    'video/x-raw,format=I420,width=101,height=33',
  ];
  execFileSync('gst-launch-1.0', ['-q', ...pattern, '!', 'avimux', '!', 'filesink', `location=${path}`]);
  for await (const { data, width, height } of readVideo(path)) {
    t.same([width, height, data.length], [101, 33, 101 * 33 * 3]);
    const wrong = data.findIndex((value, index) => (index % 3 === 0 ? value < 200 : value > 60));
    t.equal(wrong, -1, 'red from the first pixel to the last');
  }
});

t.test('readVideo may be left early, and throws what is wrong', { skip: noCapture }, async (t) => {
  const folder = t.testdir({ 'text.avi': 'no video\n'.repeat(100) });
  for await (const frame of readVideo(testVideo(join(folder, 'a.avi'), 50))) {
    t.equal(frame.sequence, 0);
    break;
  }
  const all = async (path: string) => {
    for await (const _ of readVideo(path));
  };
  await t.rejects(all(join(folder, 'text.avi')), { code: 'VIDEO_UNREADABLE' });
  await t.rejects(all(join(folder, 'none.avi')), { code: 'VIDEO_UNREADABLE', message: /does not exist/ });
});
