/** `detectd detect`, from a user's chair. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import t from 'tap';
import {
  SHARED_BUNDLE,
  SHARED_IMAGES,
  SHARED_REFERENCE,
  sharedMissing,
} from '../fixtures/models/shared-model.js';
import { isAlive, processesBelow } from '../helpers/process-tree.js';
import { type CliRun, runCli } from '../helpers/run-cli.js';
import { noGstreamer, testVideo } from '../helpers/test-video.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';
import { workspace } from '../helpers/workspace.js';

const BLUE = { create: { width: 64, height: 48, channels: 3, background: '#2040c0' } } as const;
const FRAMES = 40;

interface Detection {
  label: string;
  label_id: number;
  score: number;
  box: [number, number, number, number];
}

interface Line {
  image: string;
  frame?: number;
  width: number;
  height: number;
  detections: Detection[];
  error?: { code: string };
}

function lines({ stdout }: CliRun): Line[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

t.test("it agrees with the model's publisher", { skip: sharedMissing }, async (t) => {
  const images = readdirSync(SHARED_IMAGES).map((name) => join(SHARED_IMAGES, name));
  const run = await runCli([
    ...['detect', '--bundle', SHARED_BUNDLE, '--threshold', '0.4', '--json'],
    ...images,
  ]);
  t.equal(run.status, 0, run.stderr);
  const reference = JSON.parse(readFileSync(SHARED_REFERENCE, 'utf8')) as { images: Record<string, Line> };
  for (const { image, width, height, detections } of lines(run)) {
    const expected = reference.images[image.split('/').at(-1) as string] as Line;
    t.match({ width, height }, { width: expected.width, height: expected.height });
    t.strictSame(unmatched(expected.detections, detections), [], `${image}: nothing missed`);
    t.strictSame(unmatched(detections, expected.detections), [], `${image}: nothing made up`);
    const scores = detections.map(({ score }) => score);
    t.strictSame(
      scores,
      [...scores].sort((a, b) => b - a),
      'best first',
    );
  }
  t.equal(lines(run).length, images.length);
});

/** Those without a partner; within 0.01 of the threshold a detection may have none. */
function unmatched(some: Detection[], others: Detection[]): Detection[] {
  const left = [...others];
  return some.filter((one) => {
    const at = left.findIndex(
      (other) =>
        other.label === one.label &&
        other.label_id === one.label_id &&
        Math.abs(other.score - one.score) <= 0.01 &&
        iou(other.box, one.box) >= 0.97,
    );
    if (at >= 0) left.splice(at, 1);
    return at < 0 && Math.abs(one.score - 0.4) > 0.01;
  });
}

function iou(a: Detection['box'], b: Detection['box']): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  const both = Math.max(0, width) * Math.max(0, height);
  const area = ([x1, y1, x2, y2]: Detection['box']) => (x2 - x1) * (y2 - y1);
  return both / (area(a) + area(b) - both);
}

t.test('one JSON object per picture, in the form that programs rely on', async (t) => {
  const { folder, env, leftovers } = workspace(t);
  const bundle = tinyBundle(join(folder, 'bundle'));
  const image = join(folder, 'a.png');
  await sharp(BLUE).toFile(image);
  const run = await runCli(['detect', '--bundle', bundle, '--json', image], { env });
  t.equal(run.stderr, '');
  t.equal(run.status, 0);
  const [line] = lines(run);
  t.strictSame(Object.keys(line ?? {}), ['image', 'width', 'height', 'detections', 'timings_ms']);
  t.match(line, {
    image,
    width: 64,
    height: 48,
    detections: [{ label: 'thing', label_id: 0, score: 0.9, box: [4, 4, 20, 20] }],
  });
  t.strictSame(leftovers(), []);
});

t.test('folders, files with odd names, and people who read', async (t) => {
  const { folder, env } = workspace(t);
  const bundle = tinyBundle(join(folder, 'a bundle'));
  mkdirSync(join(folder, 'pictures'));
  for (const name of [`it's "b".jpg`, '-a.png', 'new\nline.webp'])
    await sharp(BLUE).toFile(join(folder, 'pictures', name));
  writeFileSync(join(folder, 'pictures', 'notes.txt'), 'no picture');
  await sharp(BLUE).toFile(join(folder, '--json.jpg'));
  const run = await runCli(['detect', '--bundle', bundle, 'pictures', '--', '--json.jpg'], {
    env,
    cwd: folder,
  });
  t.equal(run.status, 0, run.stderr);
  const said = run.stdout.replace(/\(.*ms\)/g, '(…)').split('\n');
  t.strictSame(said, [
    'pictures/-a.png 64×48: 1 thing (…)',
    `pictures/it's "b".jpg 64×48: 1 thing (…)`,
    'pictures/new\\nline.webp 64×48: 1 thing (…)',
    '--json.jpg 64×48: 1 thing (…)',
    '',
  ]);
});

t.test('pictures of every kind', async (t) => {
  const { folder, env } = workspace(t);
  const bundle = tinyBundle(join(folder, 'bundle'));
  const pictures = join(folder, 'pictures');
  mkdirSync(pictures);
  const wide = { create: { ...BLUE.create, width: 1, height: 1 } };
  await sharp(wide).toFile(join(pictures, 'one-pixel.png'));
  await sharp(BLUE).greyscale().toFile(join(pictures, 'grey.png'));
  await sharp(BLUE).ensureAlpha(0.3).toFile(join(pictures, 'alpha.png'));
  await sharp(BLUE).toColourspace('rgb16').png().toFile(join(pictures, 'deep.png'));
  await sharp(BLUE).toColourspace('cmyk').jpeg().toFile(join(pictures, 'cmyk.jpg'));
  await sharp({ create: { ...BLUE.create, width: 5000, height: 2 } }).toFile(join(pictures, 'strip.png'));
  const run = await runCli(['detect', '--bundle', bundle, '--json', pictures], { env });
  t.equal(run.status, 0, run.stderr);
  t.strictSame(
    lines(run).map(({ image, width, detections }) => [image.split('/').at(-1), width, detections.length]),
    [
      ['alpha.png', 64, 1],
      ['cmyk.jpg', 64, 1],
      ['deep.png', 64, 1],
      ['grey.png', 64, 1],
      ['one-pixel.png', 1, 1],
      ['strip.png', 5000, 1],
    ],
  );
});

t.test('detections are drawn into copies', async (t) => {
  const { folder, env } = workspace(t);
  const bundle = tinyBundle(join(folder, 'bundle'), { box: [10, 20, 54, 44] });
  for (const name of ['a.png', 'b.jpg']) await sharp(BLUE).toFile(join(folder, name));
  const args = ['detect', '--bundle', bundle, '--output', 'drawn/here', 'a.png', 'b.jpg'];
  t.equal((await runCli(args, { env, cwd: folder })).status, 0);
  t.strictSame(readdirSync(join(folder, 'drawn/here')), ['a.jpg', 'b.jpg']);
  const drawn = sharp(join(folder, 'drawn/here/a.jpg'));
  t.match(await drawn.metadata(), { format: 'jpeg', width: 64, height: 48 });
  const pixels = await drawn.raw().toBuffer();
  const blueness = (x: number, y: number) =>
    (pixels[(y * 64 + x) * 3 + 2] ?? 0) - (pixels[(y * 64 + x) * 3] ?? 0);
  t.ok(blueness(2, 46) > 120, 'the picture is still there');
  t.ok(blueness(30, 44) < 60, 'and so is the edge of the box');
});

t.test('a single copy goes into a file of a name of its own', async (t) => {
  const { folder, env } = workspace(t);
  const bundle = tinyBundle(join(folder, 'bundle'));
  await sharp(BLUE).toFile(join(folder, 'a.jpg'));
  const args = ['detect', '--bundle', bundle, '--output', 'drawn/copy.png', 'a.jpg'];
  t.equal((await runCli(args, { env, cwd: folder })).status, 0);
  t.match(await sharp(join(folder, 'drawn/copy.png')).metadata(), { format: 'png', width: 64 });
});

t.test('what is drawn never replaces what is analysed', async (t) => {
  const { folder, env } = workspace(t);
  const bundle = tinyBundle(join(folder, 'bundle'));
  await sharp(BLUE).toFile(join(folder, 'a.jpg'));
  const before = readFileSync(join(folder, 'a.jpg'));
  const run = await runCli(['detect', '--bundle', bundle, '--output', '.', 'a.jpg'], { env, cwd: folder });
  t.equal(run.status, 2);
  t.match(run.stderr, /^USAGE: The annotated picture of a\.jpg would overwrite a\.jpg\./);
  t.ok(before.equals(readFileSync(join(folder, 'a.jpg'))));
});

t.test('one bad file does not spoil the others', async (t) => {
  const { folder, env, leftovers } = workspace(t, { 'bad.jpg': 'no image' });
  const bundle = tinyBundle(join(folder, 'bundle'));
  for (const name of ['a.png', 'z.png']) await sharp(BLUE).toFile(join(folder, name));
  const args = ['detect', '--bundle', bundle, '--json', 'a.png', 'bad.jpg', 'missing.png', 'z.png'];
  const run = await runCli(args, { env, cwd: folder });
  t.equal(run.status, 1);
  t.strictSame(
    lines(run).map(({ image, error, detections }) => [image, error?.code ?? detections.length]),
    [
      ['a.png', 1],
      ['bad.jpg', 'IMAGE_UNREADABLE'],
      ['missing.png', 'IMAGE_UNREADABLE'],
      ['z.png', 1],
    ],
  );
  t.match(
    run.stderr,
    /^IMAGE_UNREADABLE: .*bad\.jpg.*\n {2}\S.*\nIMAGE_UNREADABLE: .*missing\.png.*does not exist/,
  );
  t.match(run.stderr, '2 of 4 files could not be analysed.');
  t.strictSame(leftovers(), []);
});

t.test('labels cannot speak to the terminal', async (t) => {
  const { folder, env } = workspace(t);
  const bundle = tinyBundle(join(folder, 'bundle'), { labels: ['\x1b]0;mine\x07\x1b[2J'] });
  await sharp(BLUE).toFile(join(folder, 'a.png'));
  const run = await runCli(['detect', '--bundle', bundle, '--output', 'drawn', 'a.png'], {
    env,
    cwd: folder,
  });
  t.equal(run.status, 0, run.stderr);
  t.match(run.stdout, '1 \\x1b]0;mine\\x07\\x1b[2J');
});

t.test('results that cannot be written are an error', async (t) => {
  const { folder, env, leftovers } = workspace(t);
  const bundle = tinyBundle(join(folder, 'bundle'));
  await sharp(BLUE).toFile(join(folder, 'a.png'));
  const run = await runCli(['detect', '--bundle', bundle, join(folder, 'a.png')], {
    env,
    stdout: '/dev/full',
  });
  t.equal(run.status, 1);
  t.match(run.stderr, /^OUTPUT_UNWRITABLE: The results cannot be written: ENOSPC/);
  t.strictSame(leftovers(), []);
});

t.test(
  'every picture of a video, in order, each in the form of a picture',
  { skip: noGstreamer },
  async (t) => {
    const { folder, env, leftovers } = workspace(t);
    const bundle = tinyBundle(join(folder, 'bundle'));
    const video = testVideo(join(folder, 'clip.avi'), FRAMES);
    const run = await runCli(
      ['detect', '--bundle', bundle, '--json', '--output', 'drawn', '--frames', video],
      {
        env,
        cwd: folder,
      },
    );
    t.equal(run.status, 0, run.stderr);
    const found = lines(run);
    t.strictSame(
      found.map(({ frame }) => frame),
      Array.from({ length: FRAMES }, (_, index) => index),
    );
    t.match(found[7], { image: video, width: 64, height: 48, detections: [{ label: 'thing' }] });
    t.equal(readdirSync(join(folder, 'drawn/clip')).length, FRAMES);
    t.equal(readdirSync(join(folder, 'drawn/clip')).sort()[7], '000007.jpg');
    t.strictSame(leftovers(), []);
  },
);

t.test('a reader that has had enough ends it quietly', { skip: noGstreamer }, async (t) => {
  const { folder, env, leftovers } = workspace(t);
  const bundle = tinyBundle(join(folder, 'bundle'));
  const video = testVideo(join(folder, 'clip.avi'), 2000);
  const run = await runCli(['detect', '--bundle', bundle, '--json', video], {
    env,
    onStart: (child) => child.stdout?.once('data', () => child.stdout?.destroy()),
  });
  t.equal(run.status, 0);
  t.equal(run.stderr, '');
  t.strictSame(leftovers(), []);
});

for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  t.test(`${signal} in the middle of a video leaves nothing behind`, { skip: noGstreamer }, async (t) => {
    const { folder, env, leftovers } = workspace(t);
    const bundle = tinyBundle(join(folder, 'bundle'));
    const video = testVideo(join(folder, 'clip.avi'), 5000);
    let below: number[] = [];
    const run = await runCli(['detect', '--bundle', bundle, '--json', video], {
      env,
      onStart: (child) =>
        child.stdout?.once('data', () => {
          below = processesBelow(child.pid as number).map(({ pid }) => pid);
          // As a terminal does: everybody hears it.
          for (const pid of below) process.kill(pid, signal);
          child.kill(signal);
        }),
    });
    t.equal(run.status, status);
    t.equal(run.stderr, '');
    t.equal(below.length, 1);
    t.strictSame(below.filter(isAlive), []);
    t.strictSame(leftovers(), []);
  });

t.test('a file that takes the process with it costs the others nothing', { skip: noGstreamer }, async (t) => {
  const { folder, env, leftovers } = workspace(t);
  const bundle = tinyBundle(join(folder, 'bundle'));
  const video = testVideo(join(folder, 'clip.avi'), 5000);
  await sharp(BLUE).toFile(join(folder, 'a.png'));
  const run = await runCli(['detect', '--bundle', bundle, '--json', video, join(folder, 'a.png')], {
    env,
    onStart: (child) =>
      child.stdout?.once('data', () => {
        for (const { pid } of processesBelow(child.pid as number)) process.kill(pid, 'SIGSEGV');
      }),
  });
  t.equal(run.status, 1);
  const found = lines(run);
  t.match(found.at(-2), { image: video, error: { code: 'WORKER_CRASHED', message: /clip\.avi.*SIGSEGV/ } });
  t.match(found.at(-1), { image: join(folder, 'a.png'), detections: [{ label: 'thing' }] });
  t.match(run.stderr, /^WORKER_CRASHED: While .*clip\.avi was analysed: /);
  t.strictSame(leftovers(), []);
});
