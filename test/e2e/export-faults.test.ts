/**
 * The export tool interrupted, killed, without space, without packages: each time a clear error, no half-made
 * bundle, and a next run that works.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { isAlive, processesBelow } from '../helpers/process-tree.js';
import {
  basePython,
  calls,
  type ExportSetup,
  noPython,
  nothingMade,
  REAL_PYTHON,
  refused,
  run,
  setup,
  TOOL,
  write,
} from '../helpers/stand-in-paddle.js';
import { until } from '../helpers/until.js';

const skip = { skip: noPython };
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0]);

/** Starts the tool; resolves once `program` of the environment runs, which it does for long. */
async function hanging(made: ExportSetup, program: string, more: string[] = [], env = made.env) {
  const child = spawn(REAL_PYTHON, [TOOL, ...made.arguments, ...more], {
    env: { ...env, FAKE: `hang ${program}` },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (text) => {
    said += String(text);
  });
  const closed = new Promise<number | null>((done) => child.once('close', done));
  await until(() => {
    if (child.exitCode !== null) throw new Error(`the tool ended: ${said}`);
    return calls(made).some(([first = '']) => basename(first) === program);
  });
  return { child, closed, said: () => said };
}

function withSample(made: ExportSetup): string[] {
  write(join(made.root, 'sample.jpg'), JPEG);
  return ['--samples', join(made.root, 'sample.jpg')];
}

for (const program of [
  '-I',
  'run-export.py',
  'run-paddle2onnx.py',
  'try-model.py',
  'publisher-detections.py',
])
  for (const signal of program === 'run-export.py'
    ? (['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    : ['SIGINT' as const])
    t.test(`${signal} in ${program} ends it and leaves nothing`, skip, async (t) => {
      const made = setup(t);
      const { child, closed, said } = await hanging(made, program, withSample(made));
      const below = processesBelow(child.pid as number).map(({ pid }) => pid);
      child.kill(signal);
      t.equal(await closed, 130);
      t.match(said(), 'error EXPORT_INTERRUPTED: ');
      t.notMatch(said(), 'Traceback');
      t.strictSame(below.filter(isAlive), []);
      nothingMade(t, made);
    });

for (const program of ['run-export.py', 'publisher-detections.py'])
  t.test(`killed in ${program} it takes its programs along, and the next run clears up`, skip, async (t) => {
    const made = setup(t);
    const { child, closed } = await hanging(made, program, withSample(made));
    const below = processesBelow(child.pid as number).map(({ pid }) => pid);
    t.equal(below.length, 1);
    child.kill('SIGKILL');
    await closed;
    await until(() => !below.some(isAlive));
    t.match(readdirSync(dirname(made.out)), [/^\.bundle\.\d+\.partial$/]);
    t.equal(run(made).status, 0);
    t.strictSame(readdirSync(dirname(made.out)), ['bundle']);
  });

t.test('a bundle that a killed run was about to replace comes back', skip, async (t) => {
  const made = setup(t);
  const beside = dirname(made.out);
  // The number belongs to a process, but to none of the tool.
  write(join(beside, `.bundle.${process.pid}.partial`, 'replaced', 'model.onnx'), 'the old one');
  t.match(run(made), { status: 2, stderr: /error EXPORT_OUT: .* exists already/ });
  t.equal(readFileSync(join(made.out, 'model.onnx'), 'utf8'), 'the old one');
  t.strictSame(readdirSync(beside), ['bundle']);
});

/** Runs the tool with a small disk at the place of the bundle. Returns what it said, or why it cannot be tried. */
function onSmallDisk(made: ExportSetup, size: string, fake: string) {
  const place = dirname(made.out);
  mkdirSync(place, { recursive: true });
  const script =
    'mount -t tmpfs -o size="$1" tmpfs "$2" && shift 2 && "$@"; status=$?; ls -A "$0"; exit $status';
  const outcome = spawnSync(
    'unshare',
    ['-m', 'sh', '-c', script, place, size, place, TOOL, ...made.arguments],
    {
      env: { ...made.env, FAKE: fake },
      encoding: 'utf8',
    },
  );
  rmSync(place, { recursive: true });
  return outcome;
}

const noMount =
  spawnSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs tmpfs /mnt']).status === 0
    ? noPython
    : 'a small disk cannot be mounted here (root is needed)';

for (const [name, size, fake] of [
  ['too small from the start', '10m', ''],
  ['that a program fills up', '80m', 'fill'],
  ['that a program fills up without noticing', '80m', 'fill-quietly'],
] as const)
  t.test(`a disk ${name} is named`, { skip: noMount }, async (t) => {
    const made = setup(t);
    const outcome = onSmallDisk(made, size, fake);
    t.equal(outcome.status, 1);
    t.match(outcome.stderr, 'error EXPORT_DISK: ');
    t.notMatch(outcome.stderr, 'Traceback');
    t.equal(outcome.stdout, '', 'and nothing is left on it');
  });

/** Runs the tool with an environment of its own to make, from a base Python that plays along. */
function installing(made: ExportSetup, fake: string) {
  made.arguments.splice(made.arguments.indexOf('--python'), 2);
  const env = { ...basePython(made), FAKE: fake };
  return spawnSync(REAL_PYTHON, [TOOL, ...made.arguments], { env, encoding: 'utf8' });
}

/** The whole course without --python. */
function installAgain(made: ExportSetup, fake = '') {
  return spawnSync(REAL_PYTHON, [TOOL, ...made.arguments], {
    env: { ...basePython(made), FAKE: fake },
    encoding: 'utf8',
  });
}

function venvOf(made: ExportSetup): string {
  return join(made.root, 'cache/detectd/export/venv');
}

t.test('the environment is made once, and keeps other packages out', skip, async (t) => {
  const made = setup(t);
  made.env = { ...made.env, PYTHONPATH: 'foreign' };
  t.match(installing(made, ''), { status: 0, stderr: /venv .*\n.*install /s });
  rmSync(made.out, { recursive: true });
  const again = installAgain(made);
  t.equal(again.status, 0, again.stderr);
  t.notMatch(again.stderr, 'install');
});

t.test('Pythons that are too new or too old are refused, with those that will do', skip, async (t) => {
  const made = setup(t);
  const outcome = installing(made, 'too-new');
  refused(t, made, outcome, 'EXPORT_PYTHON', 1);
  t.match(outcome.stderr, 'No Python 3.8 to 3.12 with venv is installed');
});

t.test('without a package index it says so, and the next run installs', skip, async (t) => {
  const made = setup(t);
  const outcome = installing(made, 'offline');
  refused(t, made, outcome, 'EXPORT_INSTALL', 1);
  t.match(outcome.stderr, /No matching distribution.*\n.*PIP_INDEX_URL/);
  t.equal(installAgain(made).status, 0);
});

t.test('an environment that was never finished is made again, whatever is left of it', skip, async (t) => {
  const made = setup(t);
  t.match(installing(made, 'half-venv'), {
    status: 1,
    stderr: /error EXPORT_FAILED: The step "venv" failed/,
  });
  t.notOk(existsSync(join(venvOf(made), 'pyvenv.cfg')));
  t.equal(installAgain(made).status, 0);
});

t.test('a folder that is no environment is not touched', skip, async (t) => {
  const made = setup(t);
  write(join(venvOf(made), 'thesis.txt'), 'mine');
  t.match(installing(made, ''), { status: 2, stderr: /error EXPORT_VENV: / });
  t.strictSame(readdirSync(venvOf(made)), ['thesis.txt']);
});

t.test('two runs do not make the environment at once', skip, async (t) => {
  const made = setup(t);
  made.arguments.splice(made.arguments.indexOf('--python'), 2);
  const env = basePython(made);
  const first = await hanging(made, '-m', [], env);
  const second = spawn(REAL_PYTHON, [TOOL, ...made.arguments, '--out', join(made.root, 'other')], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const status = new Promise<number | null>((done) => second.once('close', done));
  await new Promise<void>((done) => {
    let said = '';
    second.stderr?.on('data', (text) => {
      said += String(text);
      if (said.includes('wait ')) done();
    });
  });
  first.child.kill('SIGINT');
  t.equal(await first.closed, 130);
  t.equal(await status, 0);
  t.ok(existsSync(join(made.root, 'other/model.onnx')));
});

t.test('a cache folder that cannot be written is named, with the way out', skip, async (t) => {
  const made = setup(t);
  writeFileSync(join(made.root, 'file'), '');
  made.env = { ...made.env, XDG_CACHE_HOME: join(made.root, 'file') };
  const outcome = run(made);
  refused(t, made, outcome, 'EXPORT_FILES', 1);
  t.match(outcome.stderr, 'XDG_CACHE_HOME');
});

const noGit = spawnSync('git', ['--version']).status === 0 ? noPython : 'git is not installed';
t.test('changes to the checkout are said and written down', { skip: noGit }, async (t) => {
  const made = setup(t);
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', made.checkout, '-c', 'user.name=x', '-c', 'user.email=x@x', ...args], {
      encoding: 'utf8',
    });
  git('init', '-q');
  git('add', '.');
  git('commit', '-q', '-m', 'x');
  t.strictSame(sourceOf(t, made), { commit: git('rev-parse', 'HEAD').trim(), changed: [] });
  write(join(made.checkout, 'ppdet/engine/trainer.py'), 'print()\n');
  write(join(made.checkout, 'configs/model.yml'), 'architecture: PicoDet\n');
  t.match(sourceOf(t, made), { changed: ['ppdet/engine/trainer.py'] });
});

function sourceOf(t: Test, made: ExportSetup): unknown {
  const outcome = run(made, ['--replace']);
  t.equal(outcome.status, 0, outcome.stderr);
  const { source } = JSON.parse(readFileSync(join(made.out, 'manifest.json'), 'utf8'));
  return { commit: source.commit, changed: source.changed };
}

t.test('what other programs say does not steer the terminal', skip, async (t) => {
  const made = setup(t);
  const outcome = run(made, [], 'steer');
  t.equal(outcome.status, 1);
  t.notMatch(outcome.stderr, '\x1b');
  t.match(outcome.stderr, '?[2Jgone');
});
