/** Recordings by the real GStreamer: they play from end to end and hold the moment, and a disk that fails hurts no camera. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { systemClock as clock } from '../../dist/base/clock.js';
import { findElements } from '../../dist/capture/elements.js';
import { noRecording, recordingNote } from '../../dist/capture/recording-branch.js';
import type { Recording } from '../../dist/core/recording.js';
import { scanStream, secondsBetween } from '../../dist/recording/transport-stream.js';
import { noCapture } from '../helpers/capture-rig.js';
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

t.test('a disk that is full costs recordings, and no picture', skip, async (t) => {
  const buffer = mkdtempSync(join(tmpdir(), 'detectd-small-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', buffer]).status === 0;
  t.teardown(() => {
    if (mounted) spawnSync('umount', ['-l', buffer]);
    rmSync(buffer, { recursive: true, force: true });
  });
  if (!mounted) return t.skip('a small file system wants root');
  writeFileSync(join(buffer, 'filler'), Buffer.alloc(48 * 1024));
  const it = await recordedCamera(t, { ...BALL, pattern: 'snow' }, { buffer });
  await it.got(40);
  t.strictSame(
    it.reports.map(({ state }) => state),
    ['connecting', 'online'],
  );
});
