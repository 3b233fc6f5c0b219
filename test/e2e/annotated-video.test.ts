/** Annotated copies of videos, from a user's chair: they play, they are whole or not there. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import t from 'tap';
import { parseElementList } from '../../dist/capture/elements.js';
import { encoderChains, WRITABLE_VIDEOS } from '../../dist/capture/video-encoders.js';
import { readVideo, type VideoInfo } from '../../dist/capture/video-file.js';
import { processesBelow } from '../helpers/process-tree.js';
import { runCli } from '../helpers/run-cli.js';
import { noGstreamer, testVideo } from '../helpers/test-video.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';
import { workspace } from '../helpers/workspace.js';

const FRAMES = 40;
const skip = { skip: noGstreamer };
const elements = noGstreamer
  ? new Set<string>()
  : parseElementList(execFileSync('gst-inspect-1.0', [], { encoding: 'utf8', maxBuffer: 2 ** 24 }));
const SMALL_DISK = ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs'];

/** Why videos with that ending cannot be written here; false when they can. */
function noEncoder(ending: string): string | false {
  if (noGstreamer) return noGstreamer;
  try {
    encoderChains(
      ending,
      { width: 64, height: 48, frameRate: { numerator: 25, denominator: 1 } },
      elements,
      'tee',
    );
    return false;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Why a small disk cannot be mounted; false when it can. */
function noMount(): string | false {
  const folder = mkdtempSync(join(tmpdir(), 'detectd-mount-'));
  try {
    if (spawnSync('mount', [...SMALL_DISK, folder]).status !== 0) return 'disks cannot be mounted here';
    spawnSync('umount', [folder]);
    return false;
  } finally {
    rmdirSync(folder);
  }
}

interface Played {
  info: VideoInfo | undefined;
  sizes: Set<string>;
  frames: number;
  /** RGB of the last frame. */
  last: Uint8Array;
}

async function play(file: string): Promise<Played> {
  const played: Played = { info: undefined, sizes: new Set(), frames: 0, last: new Uint8Array() };
  const onOpened = (info: VideoInfo) => {
    played.info = info;
  };
  for await (const { width, height, data } of readVideo(file, { onOpened })) {
    played.frames += 1;
    played.sizes.add(`${width}×${height}`);
    played.last = data;
  }
  return played;
}

/** A video with a rate and a size of its own. */
function oddVideo(file: string): string {
  const pipeline = [
    ...['videotestsrc', 'num-buffers=30', 'pattern=black', '!'],
    ...['video/x-raw,width=322,height=242,framerate=30000/1001', '!', 'jpegenc', '!', 'matroskamux', '!'],
    ...['filesink', `location=${file}`],
  ];
  execFileSync('gst-launch-1.0', ['-q', ...pipeline]);
  return file;
}

for (const ending of WRITABLE_VIDEOS)
  t.test(`a copy as ${ending} plays as its source does`, { skip: noEncoder(ending) }, async (t) => {
    const { folder, env, leftovers } = workspace(t);
    const bundle = tinyBundle(join(folder, 'bundle'), { box: [100, 100, 200, 200] });
    const video = oddVideo(join(folder, 'it is "odd".mkv'));
    const output = join(folder, 'drawn', `a b'${ending}`);
    const run = await runCli(['detect', '--bundle', bundle, '--json', '--output', output, video], { env });
    t.equal(run.status, 0, run.stderr);
    t.equal(run.stdout.trim().split('\n').length, 30);
    t.strictSame(readdirSync(join(folder, 'drawn')), [`a b'${ending}`]);
    const { info, sizes, frames, last } = await play(output);
    t.equal(frames, 30);
    t.strictSame([...sizes], ['322×242']);
    t.ok(Math.abs((info?.frameRate?.numerator ?? 0) / (info?.frameRate?.denominator ?? 1) - 29.97) < 0.01);
    const brightness = (x: number, y: number) => last[(y * 322 + x) * 3] as number;
    t.ok(brightness(150, 100) > brightness(150, 50) + 60, 'with the box');
    t.strictSame(leftovers(), []);
  });

t.test(
  'in a folder videos become videos, or pictures where these are wanted',
  { skip: noEncoder('.mp4') },
  async (t) => {
    const { folder, env } = workspace(t);
    const bundle = tinyBundle(join(folder, 'bundle'));
    const video = testVideo(join(folder, 'clip.avi'), FRAMES);
    await sharp({ create: { width: 9, height: 9, channels: 3, background: '#808080' } }).toFile(
      join(folder, 'clip.png'),
    );
    const detect = (...args: string[]) =>
      runCli(['detect', '--bundle', bundle, '--json', ...args, video, join(folder, 'clip.png')], {
        env,
        cwd: folder,
      });
    t.equal((await detect('--output', 'drawn')).status, 0);
    t.strictSame(readdirSync(join(folder, 'drawn')).sort(), ['clip-2.jpg', 'clip.mp4']);
    t.equal((await play(join(folder, 'drawn/clip.mp4'))).frames, FRAMES);
    t.equal((await detect('--output', 'single', '--frames')).status, 0);
    t.strictSame(readdirSync(join(folder, 'single')).sort(), ['clip', 'clip-2.jpg']);
    const wrong = await detect('--output', 'x.mp4');
    t.equal(wrong.status, 2);
    t.match(wrong.stderr, /^USAGE: --output x\.mp4 names a file for one video\./);
  },
);

t.test('a source says how many frames it has, for the bar', { skip: noEncoder('.mp4') }, async (t) => {
  const { folder } = workspace(t);
  const { info } = await play(testVideo(join(folder, 'clip.avi'), 50));
  t.strictSame(info, { frameRate: { numerator: 25, denominator: 1 }, frames: 50 });
});

for (const signal of ['SIGINT', 'SIGKILL'] as const)
  t.test(`${signal} in the middle leaves no file that looks whole`, skip, async (t) => {
    const { folder, env } = workspace(t);
    const bundle = tinyBundle(join(folder, 'bundle'));
    const video = testVideo(join(folder, 'clip.avi'), 5000);
    mkdirSync(join(folder, 'drawn'));
    const run = await runCli(['detect', '--bundle', bundle, '--json', '--output', 'drawn/a.avi', video], {
      env,
      cwd: folder,
      onStart: (child) =>
        child.stdout?.once('data', () => {
          const below = processesBelow(child.pid as number).map(({ pid }) => pid);
          child.kill(signal);
          if (signal === 'SIGKILL') for (const pid of below) process.kill(pid, signal);
        }),
    });
    t.not(run.status, 0);
    const left = readdirSync(join(folder, 'drawn'));
    if (signal === 'SIGINT') t.strictSame(left, [], 'an interrupted run tidies up');
    else
      t.strictSame(
        left.filter((name) => !name.endsWith('.tmp')),
        [],
      );
  });

t.test('a crash of the decoder does not leave the copy of its video behind', skip, async (t) => {
  const { folder, env } = workspace(t);
  const bundle = tinyBundle(join(folder, 'bundle'));
  const video = testVideo(join(folder, 'clip.avi'), 5000);
  mkdirSync(join(folder, 'drawn'));
  const run = await runCli(['detect', '--bundle', bundle, '--json', '--output', 'drawn/a.avi', video], {
    env,
    cwd: folder,
    onStart: (child) =>
      child.stdout?.once('data', () => {
        for (const { pid } of processesBelow(child.pid as number)) process.kill(pid, 'SIGSEGV');
      }),
  });
  t.match(run.stderr, /^WORKER_CRASHED/);
  t.strictSame(readdirSync(join(folder, 'drawn')), []);
});

t.test(
  'a disk that fills up is an error, and nothing is left on it',
  { skip: noGstreamer || noMount() },
  async (t) => {
    const { folder, env } = workspace(t);
    const bundle = tinyBundle(join(folder, 'bundle'));
    const video = testVideo(join(folder, 'clip.avi'), 400);
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    spawnSync('mount', [...SMALL_DISK, disk]);
    try {
      const args = ['detect', '--bundle', bundle, '--json', '--output', 'disk/a.avi', video];
      const run = await runCli(args, { env, cwd: folder });
      t.equal(run.status, 1);
      t.match(run.stderr, /^OUTPUT_UNWRITABLE: The annotated video cannot be written: .*[Nn]o space/);
      t.strictSame(readdirSync(disk), []);
    } finally {
      spawnSync('umount', [disk]);
    }
  },
);

t.test('a folder that cannot be written is an error before anything is analysed', skip, async (t) => {
  const { folder, env } = workspace(t, { taken: 'a file' });
  const bundle = tinyBundle(join(folder, 'bundle'));
  const video = testVideo(join(folder, 'clip.avi'), 5);
  const run = await runCli(['detect', '--bundle', bundle, '--output', 'taken/a.avi', video], {
    env,
    cwd: folder,
  });
  t.equal(run.status, 1);
  t.equal(run.stdout, '');
  t.match(run.stderr, /^FOLDER_UNWRITABLE/);
});
