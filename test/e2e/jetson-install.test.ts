/** jetson/install on made-up boards: what is missing, the onnxruntime-node in its place, and the real scripts/install. */
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { BuildMachine } from '../helpers/build-machine.js';
import { REPOSITORY, standInCheckout } from '../helpers/stand-in-checkout.js';
import { runProgram } from '../helpers/systemd-container.js';

const noFlock = existsSync('/usr/bin/flock') ? false : 'needs flock';
const tools = ['/usr/bin/systemd-sysusers', '/usr/bin/systemd-tmpfiles', '/usr/bin/systemctl'];
const noService =
  process.getuid?.() !== 0 ? 'needs root' : tools.every(existsSync) ? noFlock : 'needs systemd';

const LIBRARIES = 'usr/lib/aarch64-linux-gnu';
const JETPACK = [
  'usr/local/cuda-12.6/targets/aarch64-linux/lib/libcudart.so.12',
  `${LIBRARIES}/libcudnn.so.9`,
  `${LIBRARIES}/libnvinfer.so.10`,
  'usr/src/tensorrt/bin/trtexec',
];

/** A checkout with detectd's packages, and a board to install it on, with JetPack's parts or without. */
async function setting(t: Test, { parts = JETPACK, l4t = '36.4.4', soc = 'tegra234' } = {}) {
  const machine = new BuildMachine(t, { l4t, soc });
  // Outside of the repository, whose packages would be found from below it; with a blank, as folders have them.
  const base = await mkdtemp(join(tmpdir(), 'detectd-jetson-'));
  t.teardown(() => rm(base, { recursive: true, force: true }));
  const checkout = join(base, 'my checkout');
  await standInCheckout(checkout, '#!/usr/bin/env node\nimport "dep";\n');
  await cp(join(REPOSITORY, 'jetson'), join(checkout, 'jetson'), {
    recursive: true,
    filter: (path) => !path.includes('packages'),
  });
  await write(checkout, {
    'node_modules/onnxruntime-node/package.json': '{"name":"onnxruntime-node","version":"1.30.0"}',
    'node_modules/onnxruntime-node/published': '',
  });
  await write(machine.root, Object.fromEntries(parts.map((part) => [part, ''])));
  for (const name of ['setup', 'install']) {
    await writeFile(join(checkout, `scripts/${name}`), `#!/bin/bash\necho "${name} $*" >>"$FAKE_CALLS"\n`);
    await chmod(join(checkout, `scripts/${name}`), 0o755);
  }
  machine.program('dpkg-query', '#!/bin/bash\nexit 1\n');
  machine.program('apt-get', '#!/bin/bash\necho "apt-get ${*: -4}" >>"$FAKE_CALLS"\n');
  machine.program('sudo', '#!/bin/bash\nexec "$@"\n');
  const run = (args: string[] = [], env: Record<string, string> = {}) =>
    runProgram(join(checkout, 'jetson/install'), args, 120_000, machine.environment(env));
  const installed = join(checkout, 'node_modules/onnxruntime-node');
  const versionOf = async () => JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')).version;
  return { machine, checkout, installed, versionOf, run, packages: join(checkout, 'jetson/packages') };
}

async function write(folder: string, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

/** Builds a package for the board of `machine` into `folder`. */
async function build(t: Test, machine: BuildMachine, folder: string): Promise<string> {
  const ran = await machine.run(['--output', folder]);
  t.equal(ran.status, 0, ran.stdout + ran.stderr);
  await machine.calls();
  return join(folder, (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? '');
}

t.test(
  'a board with all of JetPack gets the program, its onnxruntime and the service',
  { skip: noFlock },
  async (t) => {
    const { machine, run, packages, installed, versionOf } = await setting(t);
    await build(t, machine, packages);
    const ran = await run(['--now', '--prefix', '/srv/detectd']);
    t.equal(ran.status, 0, ran.stderr);
    t.match(ran.stdout, /JetPack: CUDA, cuDNN, TensorRT and trtexec are there/);
    t.match(ran.stdout, /onnxruntime: .*l4t36-cuda12\.6-trt10\.3-sm87\.tgz/);
    t.strictSame(await machine.calls(), ['setup ', 'install --now --prefix /srv/detectd']);
    t.equal(await versionOf(), '1.25.1');
    t.ok(existsSync(join(installed, 'build-info.json')));
    t.notOk(existsSync(join(installed, 'published')), 'nothing of the other is left');
    t.notOk((await readdir(dirname(installed))).some((name) => name.startsWith('.onnx')));

    const again = await run();
    t.match(again, { status: 0, stdout: /it is in place already/ });

    // As killed between taking the old one away and putting the new one there.
    await rename(installed, join(dirname(installed), '.onnxruntime-node-old'));
    await mkdir(join(dirname(installed), '.onnxruntime-node-new-abcdef'));
    t.match(await run(['--onnxruntime-only']), { status: 0 });
    t.equal(await versionOf(), '1.25.1');
    t.notOk((await readdir(dirname(installed))).some((name) => name.startsWith('.onnx')));
  },
);

t.test('what JetPack lacks is installed, without removing anything', async (t) => {
  const { machine, run, versionOf } = await setting(t, { parts: JETPACK.slice(0, 2) });
  const ran = await run();
  t.equal(ran.status, 0, ran.stderr);
  t.match(ran.stdout, /apt-get install libnvinfer10 libnvinfer-plugin10 libnvonnxparsers10 libnvinfer-bin/);
  t.match((await machine.calls())[1], /libnvinfer10 .*libnvinfer-bin/);
  t.match(ran.stderr, /no onnxruntime-node for this board.*models run on the CPU/);
  t.equal(await versionOf(), '1.30.0', 'the published one stays');
});

t.test('a dry run changes nothing', { skip: noFlock }, async (t) => {
  const { machine, run, packages, versionOf } = await setting(t, { parts: [] });
  await build(t, machine, packages);
  const ran = await run(['--dry-run']);
  t.equal(ran.status, 0, ran.stderr);
  for (const what of [
    /would: JetPack: apt-get install cuda-toolkit-12-6 libcudnn9-cuda-12/,
    /would: program/,
    /would: onnxruntime/,
    /scripts\/install/,
  ])
    t.match(ran.stdout, what);
  t.strictSame(await machine.calls(), []);
  t.equal(await versionOf(), '1.30.0');
});

t.test('of several packages the release that is meant for this L4T is taken, else the newest', async (t) => {
  const { run, packages } = await setting(t, { l4t: '36.3.0' });
  const meant = 'onnxruntime-node-1.17.3-l4t36-cuda12.2-trt8.6-sm87.tgz';
  const newer = 'onnxruntime-node-1.25.1-l4t36-cuda12.6-trt10.3-sm87.tgz';
  const newest = 'onnxruntime-node-1.26.0-l4t36-cuda12.6-trt10.3-sm72-87.tgz';
  const taken = async () => /would: onnxruntime: .*\/(.*)/.exec((await run(['--dry-run'])).stdout)?.[1];
  await write(packages, { [newer]: '', [newest]: '', [newest.replace('sm72-87', 'sm72')]: '' });
  t.equal(await taken(), newest);
  await write(packages, { [meant]: '' });
  t.equal(await taken(), meant);
});

t.test(
  'a package that does not fit, does not work or was damaged is refused, and nothing changes',
  { skip: noFlock },
  async (t) => {
    const { machine, run, packages, checkout, versionOf } = await setting(t);
    const file = await build(t, machine, packages);
    await write(machine.root, { 'dev/nvmap': '' });
    const refused = async (
      expected: RegExp,
      args = ['--onnxruntime-only'],
      env: Record<string, string> = {},
    ) => {
      const ran = await run(args, env);
      t.match(ran, { status: 1, stderr: expected });
      t.equal(await versionOf(), '1.30.0');
      t.notOk((await readdir(join(checkout, 'node_modules'))).some((name) => name.startsWith('.onnx')));
    };
    await refused(/failed +cuda: ended by SIGSEGV[\s\S]*does not work here/, undefined, {
      FAKE_RESULT: 'crash',
    });
    const other = await setting(t, { l4t: '39.2.0' });
    const foreign = await build(
      t,
      new BuildMachine(t, { l4t: '39.2.0', cuda: '13.2', gcc: '13.3.0' }),
      other.packages,
    );
    await refused(/it is for L4T 39\.2\.0, and this board has 36/, [
      '--onnxruntime-only',
      '--onnxruntime',
      foreign,
    ]);
    await writeFile(file, (await readFile(file)).subarray(0, 500));
    await refused(/SHA-256 differs/);
    await rm(`${file}.sha256`);
    await refused(/cannot be unpacked/);
    await rm(file);
    await refused(/no package for this board/);
  },
);

t.test('boards that cannot run it, machines that are none, and wrong use', async (t) => {
  const nano = await setting(t, { l4t: '32.7.1', soc: 'tegra210' });
  t.match(await nano.run(), { status: 1, stderr: /does not run on JetPack 4\.6\.1/ });
  await rm(join(nano.machine.root, 'etc'), { recursive: true });
  t.match(await nano.run(), { status: 1, stderr: /no Jetson/ });
  t.match(await nano.run(['--onnxruntime', '/none.tgz']), { status: 2, stderr: /names no file/ });
  t.match(await nano.run(['--prefix']), { status: 2 });
});

t.test('the service gets the onnxruntime of the board', { skip: noService }, async (t) => {
  const { machine, checkout, run, packages } = await setting(t);
  await build(t, machine, packages);
  await cp(join(REPOSITORY, 'scripts/install'), join(checkout, 'scripts/install'));
  const manifest = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8'));
  manifest.dependencies['onnxruntime-node'] = '^1.30.0';
  await writeFile(join(checkout, 'package.json'), JSON.stringify(manifest));
  const root = join(machine.folder, 'system');
  await mkdir(join(root, 'etc'), { recursive: true });
  const { PATH = '' } = process.env;
  const ran = await run(['--root', root], { PATH: `${join(machine.folder, 'bin')}:${PATH}` });
  t.equal(ran.status, 0, ran.stdout + ran.stderr);
  const release = join(root, 'opt/detectd/current/node_modules/onnxruntime-node');
  t.match(JSON.parse(await readFile(join(release, 'package.json'), 'utf8')), { version: '1.25.1' });
  for (const path of [
    'build-info.json',
    `bin/napi-v6/linux/${process.arch}/libonnxruntime_providers_cuda.so`,
    'node_modules/onnxruntime-common/package.json',
  ])
    t.ok(existsSync(join(release, path)), path);
});
