/** A camera on the real GStreamer that is recorded, with its files; and what is in them when they are played. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Test } from 'tap';
import { systemClock as clock } from '../../dist/base/clock.js';
import type { DetectdError } from '../../dist/base/errors.js';
import type { CameraOptions } from '../../dist/capture/camera.js';
import type { Recording } from '../../dist/core/recording.js';
import type { Source } from '../../dist/core/source.js';
import { CameraRecorder } from '../../dist/recording/camera-recorder.js';
import { PieceFolder } from '../../dist/recording/piece-folder.js';
import { RecordingShelf } from '../../dist/recording/recording-shelf.js';
import { type Rig, rig } from './capture-rig.js';

export interface RecordedCamera extends Rig {
  recorder: CameraRecorder;
  buffer: string;
  kept: string;
  failures: DetectdError[];
}

/** `buffer` is a folder that is there. It plays, and is looked at, until the test ends. */
export async function recordedCamera(
  t: Test,
  source: Source,
  place: { buffer?: string; options?: Partial<CameraOptions> } = {},
): Promise<RecordedCamera> {
  const folder = t.testdir();
  const { buffer = join(folder, 'buffer'), options } = place;
  const kept = join(folder, 'kept');
  const pieces = new PieceFolder({ folder: buffer, keepS: 17, clock });
  const limits = { maxBytes: 1e9, maxAgeMs: undefined, minFreeBytes: 0 };
  const shelf = new RecordingShelf({ folder: kept, limits, clock });
  await pieces.start();
  await shelf.start();
  const failures: DetectdError[] = [];
  const recorder = new CameraRecorder({
    ...{ camera: 'gate', clock, pieces, shelf },
    settings: { beforeS: 2, afterS: 2, longestS: 60 },
    describe: (recording) => ({ ...recording }),
    onRecording: () => {},
    onFailed: (error) => failures.push(error),
  });
  const recording = { folder: buffer, seconds: 17 };
  const built = await rig(source, { stallTimeoutMs: 15_000, recording }, options);
  const timer = clock.every(500, () => void recorder.look());
  t.teardown(async () => {
    timer.cancel();
    await recorder.close();
    await built.camera.stop();
  });
  built.camera.start();
  return Object.assign(built, { recorder, buffer, kept, failures });
}

/** How many pictures a player finds in the file, from its first byte to its last; an error of it is one. */
export function playedPictures({ path }: Pick<Recording, 'path'>): number {
  const chain = path.endsWith('.ts')
    ? ['tsdemux', '!', 'h264parse', '!', 'avdec_h264']
    : ['jpegparse', '!', 'jpegdec'];
  const run = spawnSync(
    'gst-launch-1.0',
    ['-v', 'filesrc', `location=${path}`, '!', ...chain, '!', 'fakesink', 'silent=false'],
    { encoding: 'utf8', timeout: 60_000, maxBuffer: 64 * 1024 * 1024 },
  );
  if (run.status !== 0) throw new Error(run.stderr.slice(0, 500));
  return run.stdout.match(/last-message = chain/g)?.length ?? 0;
}
