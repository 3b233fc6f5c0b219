/** `detectd bench`, from a user's chair, on a model and a video of next to nothing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { isAlive, processesBelow } from '../helpers/process-tree.js';
import { runCli } from '../helpers/run-cli.js';
import { noGstreamer, testVideo } from '../helpers/test-video.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';
import { workspace } from '../helpers/workspace.js';

type Figures = Record<string, unknown>;

const KEYS = [
  ...['batch', 'daemon_fps', 'engine', 'error', 'exported_fps', 'frames', 'limit_fps', 'notes'],
  ...['overhead_cpu_ms_per_frame', 'precision', 'prepare_ms', 'prepared_fps', 'provider'],
  ...['ratio_daemon_to_limit', 'ratio_prepared_to_exported', 'rounds', 'rss_mb', 'threads'],
];
const SHORT = ['--rounds', '1', '--seconds', '1', '--threads', '1'];

t.test('it gives every promised figure', { skip: noGstreamer }, async (t) => {
  const { folder, env, leftovers } = workspace(t);
  const bundle = tinyBundle(join(folder, 'bundle'));
  // A placeholder of the configuration is only a name here.
  const video = testVideo(join(folder, 'a ${HOME} video.avi'), 300);
  const run = await runCli(['bench', '--bundle', bundle, '--video', video, '--json', ...SHORT], { env });
  t.equal(run.status, 0, run.stderr);
  const rows = JSON.parse(run.stdout) as Record<string, unknown>[];
  t.equal(rows.length, 1);
  const [row = {}] = rows;
  t.strictSame(Object.keys(row).sort(), KEYS);
  const fixed = { provider: 'cpu', precision: 'fp32', threads: 1, batch: 1, rounds: 1, frames: 300 };
  t.match(row, { ...fixed, notes: [], error: null, engine: { key: /^[0-9a-f]{64}$/ } });
  const { rss_mb: rss, engine } = row as { rss_mb: Figures; engine: Figures };
  const { ratio_daemon_to_limit: ratio, limit_fps, daemon_fps, exported_fps, prepared_fps, prepare_ms } = row;
  const figures = { ratio, limit_fps, daemon_fps, exported_fps, prepared_fps, prepare_ms };
  const { bytes, build_ms, load_ms } = engine;
  for (const [key, value] of Object.entries({ ...figures, bytes, build_ms, load_ms }))
    t.ok((value as number) > 0, key);
  t.ok((rss['supervisor'] as number) > 10 && (rss['worker'] as number) > 10);
  const overhead = row['overhead_cpu_ms_per_frame'] as number | null;
  t.ok(overhead === null || (overhead > 0 && overhead < 50), String(overhead));
  t.match(run.stderr, /^cpu, 1 thread: engine built in \d+ ms, loaded in \d+ ms$/m);
  t.match(
    run.stderr,
    /^cpu, 1 thread: round 1 of 1: limit [\d.]+, daemon [\d.]+, exported [\d.]+ frames\/s$/m,
  );
  t.strictSame(leftovers(), []);
});

t.test(
  'what is not there is a row with its reason, and engines are found again',
  { skip: noGstreamer },
  async (t) => {
    const { folder, env, leftovers } = workspace(t);
    const cache = join(folder, 'cache');
    const bundle = tinyBundle(join(folder, 'bundle'));
    const video = testVideo(join(folder, 'clip.avi'), 300);
    // It gives one row whatever comes in, and would mix pictures.
    const lists = ['--provider', 'tensorrt,cpu', '--batch', '1,2', '--cache', cache];
    const bench = (...more: string[]) =>
      runCli(['bench', '--bundle', bundle, '--video', video, ...SHORT, ...lists, ...more], { env });
    const first = await bench('--json');
    t.equal(first.status, 0, first.stderr);
    const rows = JSON.parse(first.stdout) as Record<string, unknown>[];
    const unavailable = { limit_fps: null, engine: null, error: { code: 'PROVIDER_UNAVAILABLE' } };
    t.match(rows, [
      { provider: 'tensorrt', batch: 1, ...unavailable },
      { provider: 'tensorrt', batch: 2, ...unavailable },
      { provider: 'cpu', batch: 1, error: null },
      {
        provider: 'cpu',
        batch: 2,
        limit_fps: null,
        error: { code: 'MODEL_INPUT', message: /cannot take batches/ },
      },
    ]);
    const { build_ms: built, key } = (rows[2] as { engine: Figures }).engine;
    const second = await bench();
    t.equal(second.status, 0, second.stderr);
    t.match(second.stderr, new RegExp(`engine built in ${built as number} ms`), `${key as string} was there`);
    t.match(
      second.stdout,
      /^provider +precision.*\ntensorrt.*\ntensorrt.*\ncpu +fp32 +1 +1 +\d.*\ncpu +fp32 +1 +2 +-/,
    );
    t.match(second.stdout, /^cpu, 1 thread, batch 2: MODEL_INPUT: .*cannot take batches/m);
    t.strictSame(leftovers(), []);
  },
);

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
    t.match(run.stderr, new RegExp(`^(cpu, 1 thread: engine built .+\n)?${code}: .+\\.\n {2}.+\\.\n$`));
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
