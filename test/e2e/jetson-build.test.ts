/**
 * jetson/build-onnxruntime on made-up boards: what it finds missing, how it goes on after each way of failing, and
 * the package that comes out, installed by the real npm without network.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { BuildMachine, type Machine } from '../helpers/build-machine.js';
import { REPOSITORY } from '../helpers/stand-in-checkout.js';
import { runProgram } from '../helpers/systemd-container.js';

const PACKAGE = 'onnxruntime-node-1.25.1-l4t36-cuda12.6-trt10.3-sm87.tgz';
const noFlock = existsSync('/usr/bin/flock') ? false : 'needs flock';
const stepsOf = (text: string) =>
  [...text.matchAll(/^== (\w+): (done before)?/gm)].map(([, name, done]) => `${name}${done ? '-' : ''}`);
const ALL = ['fetch', 'configure', 'build', 'node', 'assemble', 'check', 'pack'];

t.test('a build makes a package that npm installs without network', { skip: noFlock }, async (t) => {
  const machine = new BuildMachine(t);
  const ran = await machine.run([]);
  t.equal(ran.status, 0, ran.stdout + ran.stderr);
  t.strictSame(stepsOf(ran.stdout), ALL);
  t.match(ran.stdout, /4 \(32 GB of memory, 8 for the system and 6 for each; 8 cores\)/);
  const calls = await machine.calls();
  t.match(
    calls.find((call) => call.includes('--build ')),
    /--parallel 4 --config Release .*--use_cuda .*--use_tensorrt .*CMAKE_CUDA_ARCHITECTURES=87 /,
  );
  t.match(calls.at(-2), /^npm run build -- .*--use_cuda --use_tensorrt in node$/);

  const file = join(machine.output, PACKAGE);
  t.strictSame((await readdir(machine.output)).sort(), [PACKAGE, `${PACKAGE}.sha256`]);
  const digest = await runProgram('sha256sum', [file], 60_000);
  t.equal((await readFile(`${file}.sha256`, 'utf8')).split(' ')[0], digest.stdout.split(' ')[0]);

  const target = join(machine.folder, 'elsewhere');
  await mkdir(target);
  await writeFile(join(target, 'package.json'), '{"private":true}');
  const env = { ...process.env, HOME: target, npm_config_cache: join(target, '.npm') };
  const installed = await runProgram('npm', ['install', '--offline', '--prefix', target, file], 120_000, env);
  t.equal(installed.status, 0, installed.stderr);
  const found = join(target, 'node_modules/onnxruntime-node');
  const native = join(found, 'bin/napi-v6/linux', process.arch);
  t.strictSame((await readdir(native)).sort(), [
    'libonnxruntime.so.1',
    'libonnxruntime_providers_cuda.so',
    'libonnxruntime_providers_shared.so',
    'libonnxruntime_providers_tensorrt.so',
    'onnxruntime_binding.node',
  ]);
  const manifest = JSON.parse(await readFile(join(found, 'package.json'), 'utf8'));
  t.match(manifest, { name: 'onnxruntime-node', version: '1.25.1', os: ['linux'], cpu: [process.arch] });
  t.notOk(manifest.scripts, 'nothing runs when it is installed');
  t.strictSame(Object.keys(manifest.dependencies), ['onnxruntime-common']);
  const info = JSON.parse(await readFile(join(found, 'build-info.json'), 'utf8'));
  t.match(info, {
    l4t: '36.4.4',
    soc: 'tegra234',
    cuda: '12.6',
    tensorrt: '10.3.0',
    cudnn: '9.3.0',
    providers: ['tensorrt', 'cuda'],
  });
  t.equal(Object.keys(info.sha256).length, 5);
  for (const part of ['LICENSE', 'ThirdPartyNotices.txt']) t.ok(existsSync(join(found, part)), part);

  const check = join(REPOSITORY, 'jetson/check-onnxruntime.mjs');
  const checked = await runProgram(
    'node',
    [check, '--package', found, '--want', 'tensorrt,cuda', '--json'],
    60_000,
  );
  t.equal(checked.status, 0, checked.stdout);
});

t.test('what was done is not done again, and --clean starts over', { skip: noFlock }, async (t) => {
  const machine = new BuildMachine(t);
  t.equal((await machine.run([])).status, 0);
  await machine.calls();
  const again = await machine.run([]);
  t.equal(again.status, 0);
  t.strictSame(
    stepsOf(again.stdout),
    ALL.map((name) => `${name}-`),
  );
  t.strictSame(await machine.calls(), []);
  t.strictSame(stepsOf((await machine.run(['--clean'])).stdout), ALL);
});

t.test(
  'memory that runs out: fewer jobs, remembered, and advice when one is too many',
  { skip: noFlock },
  async (t) => {
    const machine = new BuildMachine(t, { memoryGb: 64 });
    const jobsOf = (calls: string[]) => calls.flatMap((call) => /--parallel (\d+)/.exec(call)?.[1] ?? []);
    const failed = await machine.run([], { FAKE_JOBS: '0' });
    t.equal(failed.status, 1);
    t.strictSame(jobsOf(await machine.calls()), ['8', '4', '2', '1']);
    t.match(failed.stderr, /memory ran out with one job.*\n.*swap/);
    const better = await machine.run([], { FAKE_JOBS: '1' });
    t.equal(better.status, 0, better.stderr);
    t.match(better.stdout, /jobs: +1 \(memory ran out with more\)/);
    t.strictSame(stepsOf(better.stdout).slice(0, 3), ['fetch-', 'configure-', 'build']);
    t.strictSame(jobsOf(await machine.calls()), ['1']);
  },
);

t.test(
  'a failure ends with its reason and log, and the next run goes on there',
  { skip: noFlock },
  async (t) => {
    const machine = new BuildMachine(t);
    const next = async (env: Record<string, string>) => {
      const { status, stdout, stderr } = await machine.run([], env);
      return { status, stderr, steps: stepsOf(stdout) };
    };
    t.match(await next({ FAKE_GIT: 'offline' }), {
      status: 1,
      stderr: /step "fetch" failed.*\n.*network failed/,
      steps: ['fetch'],
    });
    t.match(await next({ FAKE_GIT: 'cut' }), { status: 1, stderr: /network failed/ });
    await machine.calls();
    t.match(await next({ FAKE_BUILD: 'full' }), {
      status: 1,
      stderr: /disk is full/,
      steps: ['fetch', 'configure', 'build'],
    });
    t.notOk(
      (await machine.calls()).some((call) => call.includes('clone')),
      'the clone before was whole',
    );
    t.match(await next({ FAKE_BUILD: 'error' }), {
      status: 1,
      stderr: /"nope" is undefined[\s\S]*the log says why/,
      steps: ['fetch-', 'configure-', 'build'],
    });
    t.match(await next({ FAKE_NPM: 'offline' }), {
      status: 1,
      stderr: /step "node" failed.*\n.*network failed/,
    });
    const gpu = join(machine.root, 'dev/nvmap');
    await mkdir(join(machine.root, 'dev'));
    await writeFile(gpu, '');
    t.match(await next({ FAKE_RESULT: 'wrong' }), { status: 1, stderr: /step "check" failed/ });
    t.match(await next({ FAKE_RESULT: 'crash' }), {
      status: 1,
      steps: ['fetch-', 'configure-', 'build-', 'node-', 'assemble-', 'check'],
    });
    t.match(await next({}), {
      status: 0,
      steps: ['fetch-', 'configure-', 'build-', 'node-', 'assemble-', 'check', 'pack'],
    });
  },
);

t.test(
  'interrupted, it ends, lets no second build in meanwhile, and goes on afterwards',
  { skip: noFlock },
  async (t) => {
    const machine = new BuildMachine(t);
    const program = join(REPOSITORY, 'jetson/build-onnxruntime');
    // A process group of its own, as a terminal gives it, which sends Ctrl-C to all of it.
    const child = spawn(program, ['--work', machine.work, '--output', machine.output], {
      env: machine.environment({ FAKE_BUILD: 'hang' }),
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const progress = new Promise<void>((resolve, reject) => {
      let shown = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        shown += text;
        if (shown.includes('[ 10%] Building')) resolve();
      });
      child.once('exit', () => reject(new Error(`ended too early: ${shown}`)));
    });
    t.teardown(() => {
      if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL');
    });
    await progress;
    t.match(await machine.run([]), { status: 1, stderr: /another build works in/ });
    process.kill(-(child.pid ?? 0), 'SIGINT');
    await ended;
    const ran = await machine.run([]);
    t.equal(ran.status, 0, ran.stderr);
    t.strictSame(stepsOf(ran.stdout).slice(0, 3), ['fetch-', 'configure-', 'build']);
  },
);

t.test('a package for another folder needs no new build', { skip: noFlock }, async (t) => {
  const machine = new BuildMachine(t);
  t.equal((await machine.run([])).status, 0);
  const other = join(machine.folder, 'other folder');
  const ran = await machine.run(['--output', other]);
  t.equal(ran.status, 0, ran.stderr);
  t.strictSame(stepsOf(ran.stdout), [...ALL.slice(0, -1).map((name) => `${name}-`), 'pack']);
  t.equal((await readdir(other)).length, 2);
});

t.test('folders that cannot be are told before anything is begun', async (t) => {
  const machine = new BuildMachine(t);
  const inFile = join(machine.folder, 'calls', 'x');
  for (const name of ['--output', '--work'])
    t.match(await machine.run([name, inFile]), {
      status: 1,
      stdout: new RegExp(`calls is no folder that can be written\n.*${name}`),
    });
});

t.test('what is missing or does not fit is told at once, each with its package', async (t) => {
  const cases: [Partial<Machine>, RegExp][] = [
    [{ cmake: '3.22.1' }, /cmake 3\.22\.1 is too old.*\n.*cmake>=3\.28,<4/],
    [{ cmake: '4.1.0' }, /cmake 4\.1\.0 is too new/],
    [{ gcc: '9.4.0' }, /GCC 9\.4\.0 does not fit/],
    [{ freeGb: 3 }, /has 3 GB left; about 25/],
    [{ cuda: '11.8' }, /CUDA 11\.8 is too old.*\n.*cuda-toolkit-12-6/],
    [{ cudnn: '8.6.0' }, /cuDNN 8\.6\.0 is of another kind.*\n.*libcudnn9-dev-cuda-12/],
    [
      { l4t: '35.4.1', cuda: '11.4', gcc: '9.4.0', cudnn: '8.6.0', tensorrt: '8.5.2' },
      /CUDA 11\.4 is too old.*\n.*cuda-toolkit-11-8[\s\S]*gcc-11 g\+\+-11/,
    ],
  ];
  for (const [change, expected] of cases) {
    const machine = new BuildMachine(t, change);
    const ran = await machine.run([]);
    t.equal(ran.status, 1);
    t.match(ran.stdout, expected);
    t.notOk(existsSync(machine.work), 'nothing was begun');
  }
});

t.test('JetPack 5.1 takes the newer CUDA and GCC that lie beside its own', { skip: noFlock }, async (t) => {
  const machine = new BuildMachine(t, {
    l4t: '35.4.1',
    soc: 'tegra194',
    cuda: '11.4',
    gcc: '9.4.0',
    cudnn: '8.6.0',
    tensorrt: '8.5.2',
  });
  const say = (text: string) => `#!/bin/bash\necho '${text}'\n`;
  machine.program(
    'nvcc',
    say('Cuda compilation tools, release 11.8, V11.8.89'),
    'root/usr/local/cuda-11.8/bin',
  );
  machine.program('gcc-11', say('11.4.0'));
  machine.program('g++-11', say('11.4.0'));
  const ran = await machine.run([]);
  t.equal(ran.status, 0, ran.stdout + ran.stderr);
  t.match(ran.stderr, /not known to have been built before: TensorRT 8\.5 can be used/);
  t.match(ran.stdout, /CUDA 11\.8, cuDNN 8\.6\.0, TensorRT 8\.5\.2, gcc-11/);
  t.ok(existsSync(join(machine.output, 'onnxruntime-node-1.17.3-l4t35-cuda11.8-trt8.5-sm72.tgz')));
  t.match(
    (await machine.calls()).find((call) => call.includes('--build ')),
    /--cuda_home \S+\/usr\/local\/cuda-11\.8 /,
  );
});

t.test(
  'without TensorRT, for several SoCs, and with headers of TensorRT 10.13',
  { skip: noFlock },
  async (t) => {
    const machine = new BuildMachine(t, {
      l4t: '38.2.0',
      soc: 'tegra264',
      cuda: '13.0',
      gcc: '13.3.0',
      cudnn: '9.12.0',
      tensorrt: '10.13.3',
    });
    const ran = await machine.run(['--arch=87;110', '--without-tensorrt', '--jobs=2']);
    t.equal(ran.status, 0, ran.stdout + ran.stderr);
    t.match(ran.stdout, /TensorRT 10\.13\.3/);
    t.strictSame((await readdir(machine.output))[0], 'onnxruntime-node-1.25.1-l4t38-cuda13.0-sm87-110.tgz');
    const build = (await machine.calls()).find((call) => call.includes('--build '));
    t.match(build, /--parallel 2 .*CMAKE_CUDA_ARCHITECTURES=87;110 /);
    t.notMatch(build, 'tensorrt');
  },
);

t.test('a dry run prints every step and what is missing, and changes nothing', async (t) => {
  const machine = new BuildMachine(t, { cmake: '3.22.1', memoryGb: 8 });
  const ran = await machine.run(['--dry-run']);
  t.equal(ran.status, 0, ran.stderr);
  t.strictSame(stepsOf(ran.stdout), ALL);
  t.match(ran.stdout, 'cmake 3.22.1 is too old');
  t.match(ran.stdout, /git clone --depth 1 --branch v1\.25\.1 /);
  t.match(ran.stderr, /8 GB of memory and 0 GB of swap on disk are little/);
  t.notOk(existsSync(machine.work));
  t.notOk(existsSync(machine.output));
  t.strictSame(await machine.calls(), []);
});

t.test(
  'sources of another version are refused, those of the right one taken',
  { skip: noFlock },
  async (t) => {
    const machine = new BuildMachine(t);
    const source = join(machine.folder, 'sources');
    t.match(await machine.run(['--source', source]), { status: 1, stderr: /unknown version, not 1\.25\.1/ });
    await writeFile(join(source, 'VERSION_NUMBER'), '1.25.1\n');
    t.equal((await machine.run(['--source', source])).status, 0);
    t.notOk((await machine.calls()).some((call) => call.startsWith('git')));
  },
);

t.test('a part that was not built is named, and no package made', { skip: noFlock }, async (t) => {
  const machine = new BuildMachine(t);
  t.equal((await machine.run([])).status, 0);
  const [name = ''] = await readdir(machine.work);
  const folder = join(machine.work, name);
  await rm(join(folder, 'build/Release/libonnxruntime_providers_shared.so'));
  await rm(join(folder, 'state/assemble'));
  const ran = await machine.run([]);
  t.equal(ran.status, 1);
  t.match(ran.stderr, /libonnxruntime_providers_shared\.so is missing/);
});

t.test('wrong use ends with status 2', async (t) => {
  const machine = new BuildMachine(t);
  for (const args of [
    ['--jobs', '0'],
    ['--jobs'],
    ['--arch', 'x'],
    ['--version', 'main'],
    ['--work', 'a b'],
    ['--nope'],
  ]) {
    const ran = await machine.run(args);
    t.equal(ran.status, 2, args.join(' '));
  }
  const none = await machine.run(['--l4t', '32.7.1', '--soc', 'tegra194']);
  t.match(none, { status: 1, stderr: /JetPack 4\.6\.1.*cannot have it/ });
});
