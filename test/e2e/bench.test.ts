/** `detectd bench`, from a user's chair, on a model and a video of next to nothing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { isAlive, processesBelow } from '../helpers/process-tree.js';
import { runCli } from '../helpers/run-cli.js';
import { noGstreamer, testVideo } from '../helpers/test-video.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';
import { workspace } from '../helpers/workspace.js';

const SHORT = ['--rounds', '1', '--seconds', '1', '--threads', '1'];

t.test('it gives every promised figure', { skip: noGstreamer }, async (t) => {
  const { folder, env, leftovers } = workspace(t);
  const bundle = tinyBundle(join(folder, 'bundle'));
  // A placeholder of the configuration is only a name here.
  const video = testVideo(join(folder, 'a ${HOME} video.avi'), 300);
  const run = await runCli(['bench', '--bundle', bundle, '--video', video, '--json', ...SHORT], { env });
  t.equal(run.status, 0, run.stderr);
  const result = JSON.parse(run.stdout) as Record<string, unknown>;
  t.strictSame(Object.keys(result), [
    'threads',
    'rounds',
    'frames',
    'limit_fps',
    'daemon_fps',
    'ratio_daemon_to_limit',
    'exported_fps',
    'prepared_fps',
    'ratio_prepared_to_exported',
    'overhead_cpu_ms_per_frame',
    'rss_mb',
  ]);
  t.match(result, { threads: 1, rounds: 1, frames: 300 });
  for (const key of ['limit_fps', 'daemon_fps', 'exported_fps', 'prepared_fps', 'ratio_daemon_to_limit'])
    t.ok((result[key] as number) > 0, key);
  const rss = result['rss_mb'] as { supervisor: number; worker: number };
  t.ok(rss.supervisor > 10 && rss.worker > 10);
  const overhead = result['overhead_cpu_ms_per_frame'] as number | null;
  t.ok(overhead === null || (overhead > 0 && overhead < 50), String(overhead));
  t.match(run.stderr, /^round 1 of 1: limit [\d.]+, daemon [\d.]+, exported [\d.]+ frames\/s\n$/);
  t.strictSame(leftovers(), []);
});

t.test('what cannot be measured is said, not guessed', { skip: noGstreamer }, async (t) => {
  const { folder, env, leftovers } = workspace(t);
  const bundle = tinyBundle(join(folder, 'bundle'));
  const one = testVideo(join(folder, 'one.avi'), 1);
  writeFileSync(join(folder, 'junk.avi'), 'no video at all\n'.repeat(100));
  for (const [args, code] of [
    [['--bundle', bundle, '--video', join(folder, 'none.avi')], 'VIDEO_UNREADABLE'],
    [['--bundle', bundle, '--video', folder], 'VIDEO_UNREADABLE'],
    [['--bundle', bundle, '--video', join(folder, 'junk.avi')], 'VIDEO_UNREADABLE'],
    [['--bundle', bundle, '--video', one], 'VIDEO_UNREADABLE'],
    [['--bundle', folder, '--video', one], 'BUNDLE_INCOMPLETE'],
  ] as [string[], string][]) {
    const run = await runCli(['bench', ...args, ...SHORT], { env });
    t.equal(run.status, 1);
    t.match(run.stderr, new RegExp(`^${code}: .+\\.\n {2}.+\\.\n$`));
    t.equal(run.stdout, '');
  }
  t.strictSame(leftovers(), []);
});

t.test('Ctrl-C in the middle leaves neither processes nor files', { skip: noGstreamer }, async (t) => {
  const { folder, env, leftovers } = workspace(t);
  const bundle = tinyBundle(join(folder, 'bundle'));
  const video = testVideo(join(folder, 'clip.avi'), 300);
  const below = new Set<number>();
  let watch: NodeJS.Timeout | undefined;
  const run = await runCli(['bench', '--bundle', bundle, '--video', video, ...SHORT], {
    env,
    onStart: (child) => {
      watch = setInterval(() => {
        for (const { pid } of processesBelow(child.pid as number)) below.add(pid);
        // The bare loop, the daemon and its worker.
        if (below.size < 3) return;
        clearInterval(watch);
        child.kill('SIGINT');
      }, 20);
    },
  });
  clearInterval(watch);
  t.equal(run.status, 130, run.stderr);
  t.strictSame([...below].filter(isAlive), []);
  t.strictSame(leftovers(), []);
});
