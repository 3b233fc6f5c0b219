/** `detectd detect --benchmark`, from a user's chair. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { runCli } from '../helpers/run-cli.js';
import { noGstreamer, testVideo } from '../helpers/test-video.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';
import { workspace } from '../helpers/workspace.js';

const SHORT = ['--benchmark', '--warmup', '1', '--repeats', '5', '--threads', '1'];

t.test('without files it measures on a picture that it draws', async (t) => {
  const { folder, env, leftovers } = workspace(t);
  const bundle = tinyBundle(join(folder, 'bundle'));
  const run = await runCli(['detect', '--bundle', bundle, ...SHORT, '--json'], { env });
  t.equal(run.status, 0, run.stderr);
  const result = JSON.parse(run.stdout);
  t.strictSame(Object.keys(result).sort(), [
    ...['cores', 'images_per_second', 'load_ms', 'memory_mb', 'model'],
    ...['pictures', 'provider', 'stages_ms', 'threads', 'warmup'],
  ]);
  t.match(result, { pictures: 5, warmup: 1, threads: 1, provider: 'cpu', model: { network: [32, 32] } });
  t.strictSame(Object.keys(result.stages_ms), ['read', 'infer', 'decode', 'total']);
  for (const times of Object.values(result.stages_ms) as Record<string, number>[])
    t.ok((times['min'] ?? -1) >= 0 && (times['min'] ?? 0) <= (times['p99'] ?? -1));
  t.ok(result.images_per_second > 0 && result.memory_mb.rss > 10);
  t.strictSame(leftovers(), []);
});

t.test('drawing is measured where pictures are drawn', async (t) => {
  const { folder, env, leftovers } = workspace(t);
  const bundle = tinyBundle(join(folder, 'bundle'));
  const run = await runCli(['detect', '--bundle', bundle, ...SHORT, '--output', 'drawn'], {
    env,
    cwd: folder,
  });
  t.equal(run.status, 0, run.stderr);
  t.match(run.stdout, /^draw +\d/m);
  t.strictSame(leftovers(), []);
});

t.test('a long video is not gone through to its end', { skip: noGstreamer }, async (t) => {
  const { folder, env, leftovers } = workspace(t);
  const bundle = tinyBundle(join(folder, 'bundle'));
  const video = testVideo(join(folder, 'clip.avi'), 2000);
  const run = await runCli(['detect', '--bundle', bundle, ...SHORT, '--json', video], { env });
  t.equal(run.status, 0, run.stderr);
  t.equal(JSON.parse(run.stdout).pictures, 5);
  t.strictSame(leftovers(), []);
});

t.test('what cannot be measured is said', async (t) => {
  const { folder, env, leftovers } = workspace(t);
  const bundle = tinyBundle(join(folder, 'bundle'));
  writeFileSync(join(folder, 'bad.jpg'), 'no picture');
  const bad = await runCli(['detect', '--bundle', bundle, ...SHORT, join(folder, 'bad.jpg')], { env });
  t.match(bad, { status: 1, stdout: '', stderr: /^IMAGE_UNREADABLE: / });
  const csv = await runCli(['detect', '--bundle', bundle, ...SHORT, '--format', 'csv'], { env });
  t.match(csv, { status: 2, stdout: '', stderr: /^USAGE: --benchmark gives figures/ });
  t.strictSame(leftovers(), []);
});
