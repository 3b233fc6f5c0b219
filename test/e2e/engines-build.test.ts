/** `detectd engines build`, from a user's chair, with the real builder and the CPU's engines. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type CliOptions, type CliRun, runCli } from '../helpers/run-cli.js';
import { tinyBundle } from '../helpers/tiny-bundle.js';
import { type Workspace, workspace } from '../helpers/workspace.js';

interface Rig extends Workspace {
  bundle: string;
  engines(args: string[], options?: CliOptions): Promise<CliRun>;
}

/** `model`: settings of the one model beside its bundle. */
function rig(t: Pick<Test, 'testdir'>, model: Record<string, unknown> = {}): Rig {
  const made = workspace(t);
  const { folder, env } = made;
  const bundle = tinyBundle(join(folder, 'things'));
  const config = {
    models: { people: { bundle, threads: 1, ...model } },
    cameras: {
      gate: { source: 'test:ball', model: 'people' },
      yard: { source: 'test:ball', model: 'people', slicing: {} },
    },
    paths: { cache: join(folder, 'cache') },
  };
  writeFileSync(join(folder, 'detectd.yaml'), JSON.stringify(config));
  return {
    ...made,
    bundle,
    engines: (args, options = {}) => runCli(['engines', ...args], { env, cwd: folder, ...options }),
  };
}

const CONFIG = ['-c', 'detectd.yaml'];

t.test('what the configuration wants is told, built, and found there', async (t) => {
  const { engines, folder, leftovers } = rig(t);
  const preview = await engines(['build', ...CONFIG, '--dry-run']);
  t.equal(preview.status, 0, preview.stderr);
  t.match(preview.stdout, /^people \(live\): cpu fp32 engine [0-9a-f]{12} would be built$/m);
  t.match(preview.stdout, /^people \(exact\): cpu fp32 engine [0-9a-f]{12} would be built$/m);
  t.notOk(existsSync(join(folder, 'cache')), 'nothing is made by asking');

  const built = await engines(['build', ...CONFIG]);
  t.equal(built.status, 0, built.stderr);
  t.match(built.stdout, /^people \(live\): cpu fp32 engine [0-9a-f]{12} built in .* MB$/m);
  t.match(built.stderr, /^people \(live\), cpu fp32: accepting$/m);

  const again = JSON.parse((await engines(['build', ...CONFIG, '--json'])).stdout);
  t.match(again, {
    engines: [
      { model: 'people', mode: 'live', provider: 'cpu', precision: 'fp32', outcome: 'there', error: null },
      { model: 'people', mode: 'exact', outcome: 'there' },
    ],
    steps_down: [],
    problems: [],
  });
  t.match((await engines(['explain', ...CONFIG])).stdout, /^people \(live\) on cpu: usable$/m);
  t.match(JSON.parse((await engines(['build', ...CONFIG, '--dry-run', '--json'])).stdout), {
    engines: [{ state: 'there', key: again.engines[0].key }, { state: 'there' }],
  });
  t.strictSame(leftovers(), []);
});

t.test('one bundle needs no configuration, and is built as the options say', async (t) => {
  const { engines, bundle, env, folder } = rig(t);
  const built = await engines(['build', ...CONFIG, '--bundle', bundle, '--mode', 'exact']);
  t.equal(built.status, 0, built.stderr);
  t.match(built.stdout, /^things \(exact\): cpu fp32 engine .* built/);
  const elsewhere = { cwd: bundle, env: { ...env, HOME: join(folder, 'tmp') } };
  const preview = await engines(['build', '--bundle', bundle, '--dry-run', '--json'], elsewhere);
  t.equal(preview.status, 0, preview.stderr);
  t.match(JSON.parse(preview.stdout), { engines: [{ model: 'things', mode: 'live', provider: 'cpu' }] });
});

t.test('who names a provider gets that one or an error', async (t) => {
  const { engines, bundle, folder } = rig(t);
  const run = await engines(['build', ...CONFIG, '--bundle', bundle, '--provider', 'tensorrt']);
  t.equal(run.status, 1);
  t.match(run.stderr, /^PROVIDER_UNAVAILABLE: No engine is built for tensorrt: /m);
  t.strictSame(existsSync(join(folder, 'cache', 'engines')), false);
});

t.test('a configured provider that is not there steps down, and that is said', async (t) => {
  const { engines } = rig(t, { provider: 'tensorrt' });
  const run = await engines(['build', ...CONFIG]);
  t.equal(run.status, 0, run.stderr);
  t.match(run.stderr, /^people: tensorrt is not used: The onnxruntime-node that is installed brings /m);
  t.match(run.stdout, /^people \(live\): cpu fp32 engine/m);
});

t.test('a model that cannot be read fails, the others are built', async (t) => {
  const made = workspace(t);
  const { folder, env } = made;
  const models = {
    gone: { bundle: join(folder, 'gone') },
    people: { bundle: tinyBundle(join(folder, 'things')) },
  };
  const cameras = { gate: { source: 'test:ball', model: 'people' } };
  writeFileSync(
    join(folder, 'detectd.yaml'),
    JSON.stringify({ models, cameras, paths: { cache: join(folder, 'cache') } }),
  );
  const run = await runCli(['engines', 'build', ...CONFIG], { env, cwd: folder });
  t.equal(run.status, 1);
  t.match(run.stdout, /^people \(live\): cpu fp32 engine .* built/m);
  t.match(run.stderr, /^BUNDLE_NOT_FOUND: /m);
  const one = await runCli(['engines', 'build', ...CONFIG, '--model', 'people'], { env, cwd: folder });
  t.equal(one.status, 0, one.stderr);
  t.match(one.stdout, /is there already/);
});

t.test('interrupted, nothing is left of it', async (t) => {
  const { engines, folder, leftovers } = rig(t);
  const run = await engines(['build', ...CONFIG], {
    onStart: (child) => {
      child.stderr?.on('data', (text: string) => {
        if (String(text).includes('begun')) child.kill('SIGINT');
      });
    },
  });
  t.equal(run.status, 130, run.stderr);
  const cache = join(folder, 'cache', 'engines');
  const left = existsSync(cache) ? readdirSync(cache) : [];
  t.strictSame(
    left.filter((name) => name.endsWith('.tmp')),
    [],
  );
  t.strictSame(leftovers(), []);
});

t.test('options that make no sense are refused', async (t) => {
  const { engines, bundle } = rig(t);
  for (const args of [
    ['--mode', 'live'],
    ['--precision', 'fp16'],
    ['--max-batch', '0'],
    ['--model', 'nobody'],
    ['--bundle', bundle, '--model', 'people'],
    ['--bundle', bundle, '--precision', 'fp64'],
  ])
    t.match(await engines(['build', ...CONFIG, ...args]), { status: 2, stderr: /^USAGE: / }, args.join(' '));
  t.match(await engines(['build', '-c', 'none.yaml']), { status: 2, stderr: /^CONFIG_NOT_FOUND: / });
});
