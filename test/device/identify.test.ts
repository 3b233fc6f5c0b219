/** Every board of the fixtures, and trees that nobody would call a board. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { DEVICE_FACTS, type DeviceInfo } from '../../dist/core/device-info.js';
import { identify } from '../../dist/device/identify.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { boardFolder, machineAt } from '../helpers/fixture-board.js';
import { until } from '../helpers/until.js';

const NOTHING = Object.fromEntries(DEVICE_FACTS.map((name) => [name, undefined])) as DeviceInfo;
const BOARDS: Record<string, Partial<DeviceInfo>> = {
  'jetpack-5.1.2-xavier': {
    os: 'Ubuntu 20.04.6 LTS',
    board: 'NVIDIA Jetson Xavier NX Developer Kit',
    module: 'p3668-0001',
    soc: 'tegra194',
    l4t: '35.4.1',
    jetpack: '5.1.2',
    cuda: '11.4.298',
    cudnn: '8.6.0.166',
    tensorrt: '8.5.2',
    gpu: 'Volta (Xavier)',
    computeCapability: '7.2',
    driver: 'nvgpu of L4T 35.4.1',
    powerMode: 'MODE_15W_6CORE',
  },
  'jetpack-6.0-agx-orin': {
    os: 'Ubuntu 22.04.4 LTS',
    board: 'NVIDIA Jetson AGX Orin Developer Kit',
    module: 'p3701-0000',
    soc: 'tegra234',
    l4t: '36.3.0',
    jetpack: '6.0',
    cuda: '12.2.140',
    cudnn: '8.9.4.25',
    tensorrt: '8.6.2.3',
    gpu: 'Ampere (Orin)',
    computeCapability: '8.7',
    driver: 'nvgpu of L4T 36.3.0',
    powerMode: 'MAXN',
  },
  'jetpack-6.2.2-orin-nano': {
    cpuExtensions: 'asimd asimddp',
    os: 'Ubuntu 22.04.5 LTS',
    board: 'NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super',
    module: 'p3767-0005',
    soc: 'tegra234',
    l4t: '36.5.0',
    jetpack: '6.2.2',
    cuda: '12.6.68',
    cudnn: '9.3.0.75',
    tensorrt: '10.3.0.30',
    gpu: 'Ampere (Orin)',
    computeCapability: '8.7',
    driver: 'nvgpu of L4T 36.5.0',
    powerMode: '25W',
  },
  'jetpack-7.0-thor': {
    os: 'Ubuntu 24.04.3 LTS',
    board: 'NVIDIA Jetson AGX Thor Developer Kit',
    module: 'p3834-0008',
    soc: 'tegra264',
    l4t: '38.2.0',
    jetpack: '7.0',
    cuda: '13.0.48',
    cudnn: '9.12.0.46',
    tensorrt: '10.13.3.9',
    gpu: 'Blackwell (Thor)',
    computeCapability: '11.0',
    driver: '580.00',
    powerMode: '120W',
  },
  'jetpack-7.2-agx-orin': {
    os: 'Ubuntu 24.04.4 LTS',
    board: 'NVIDIA Jetson AGX Orin Developer Kit',
    module: 'p3701-0005',
    soc: 'tegra234',
    l4t: '39.2.0',
    jetpack: '7.2',
    cuda: '13.2.51',
    cudnn: '9.20.0',
    tensorrt: '10.16.2',
    gpu: 'Ampere (Orin)',
    computeCapability: '8.7',
    driver: 'nvgpu of L4T 39.2.0',
    powerMode: 'MAXN',
  },
  'container-jetpack-6.2': {
    os: 'Ubuntu 22.04.4 LTS',
    board: 'NVIDIA Jetson Orin NX Engineering Reference Developer Kit',
    soc: 'tegra234',
    l4t: '36.4.3',
    jetpack: '6.2',
    cuda: '12.6.68',
    cudnn: '9.3.0.75',
    tensorrt: '10.3.0.30',
    gpu: 'Ampere (Orin)',
    computeCapability: '8.7',
    driver: 'nvgpu of L4T 36.4.3',
    container: 'docker',
    imageL4t: '36.4',
  },
  'x86-card': {
    architecture: 'x64',
    cpuExtensions: 'avx avx2',
    os: 'Ubuntu 22.04.5 LTS',
    cuda: '12.8.90',
    cudnn: '9.10.2',
    tensorrt: '10.9.0.34',
    gpu: 'NVIDIA GeForce RTX 4090',
    computeCapability: '8.9',
    driver: '570.195.03',
  },
  nothing: { os: 'Debian GNU/Linux 12 (bookworm)' },
};

for (const [name, facts] of Object.entries(BOARDS))
  t.test(`${name} is identified, fact by fact`, async (t) => {
    const architecture = facts.architecture ?? 'arm64';
    const { info, sources } = await identify(machineAt(boardFolder(name), { architecture }));
    t.strictSame(info, { ...NOTHING, architecture, ...facts });
    t.strictSame(Object.keys(sources), [...DEVICE_FACTS]);
    for (const fact of DEVICE_FACTS) t.ok(sources[fact].length > 0, `${fact}: ${sources[fact]}`);
  });

t.test('sources name the file, the package, and what was tried', async (t) => {
  const { sources } = await identify(machineAt(boardFolder('jetpack-6.2.2-orin-nano')));
  t.equal(
    sources.cuda,
    '/usr/local/cuda-12.6/targets/aarch64-linux/lib/libcudart.so.12.6.68, package cuda-cudart-12-6 12.6.68-1',
  );
  t.equal(sources.l4t, '/etc/nv_tegra_release');
  const { sources: tried } = await identify(machineAt(boardFolder('nothing')));
  t.match(
    tried.tensorrt,
    /^libnvinfer\.so: in no folder of the loader; NvInferVersion\.h: .*package libnvinfer: not installed$/,
  );
  t.match(tried.gpu, /^no NVIDIA driver/);
});

/** Every path that is read somewhere. */
const PATHS = [
  '.dockerenv',
  'dev/nvidia0',
  'etc/apt/sources.list',
  'etc/ld.so.conf.d/a.conf',
  'etc/nv_tegra_release',
  'etc/nvpmodel.conf',
  'etc/os-release',
  'proc/1/cgroup',
  'proc/cpuinfo',
  'proc/device-tree/compatible',
  'proc/device-tree/model',
  'proc/device-tree/nvidia,boardids',
  'proc/driver/nvidia/gpus/0/information',
  'proc/driver/nvidia/version',
  'run/systemd/container',
  'sys/devices/soc0/family',
  'sys/devices/soc0/soc_id',
  'sys/module/nvidia/version',
  'tmp/nv_jetson_model',
  'usr/include/NvInferVersion.h',
  'usr/include/cudnn_version.h',
  'usr/lib/libnvinfer.so.10',
  'usr/local/cuda/version.json',
  'var/lib/dpkg/status',
  'var/lib/nvpmodel/status',
  'opt/detectd/node_modules/onnxruntime-node/package.json',
];

function hostile(t: { testdir(): string }, make: (path: string) => void): string {
  const folder = t.testdir();
  for (const path of PATHS) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    make(join(folder, path));
  }
  return folder;
}

const garbage = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 167 + 13) % 256));
const HOSTILE: Record<string, (path: string) => void> = {
  'files of 10 MB': (path) => writeFileSync(path, Buffer.alloc(10 * 2 ** 20, 'R36 \n')),
  'folders in place of files': (path) => mkdirSync(path),
  'links in circles': (path) => symlinkSync(path.slice(path.lastIndexOf('/') + 1), path),
  'links to nowhere': (path) => symlinkSync('/nowhere/at/all', path),
  'binary garbage': (path) => writeFileSync(path, garbage),
  'empty files': (path) => writeFileSync(path, ''),
  'pipes that nobody writes to': (path) => execFileSync('mkfifo', [path]),
  'files without permission': (path) => {
    writeFileSync(path, 'x');
    chmodSync(path, 0);
  },
};

for (const [what, make] of Object.entries(HOSTILE))
  t.test(`a tree of ${what} is a machine of which little is known`, async (t) => {
    const { info, sources } = await identify(machineAt(hostile(t, make)));
    for (const fact of [
      'module',
      'l4t',
      'jetpack',
      'cuda',
      'cudnn',
      'computeCapability',
      'onnxruntime',
    ] as const)
      t.equal(info[fact], undefined, `${fact}: ${sources[fact]}`);
    for (const fact of DEVICE_FACTS) {
      t.ok((info[fact]?.length ?? 0) <= 200);
      t.notMatch(`${info[fact]}${sources[fact]}`, /\p{Cc}/u, 'fit for a terminal');
    }
  });

t.test('programs that lie, flood or fail leave gaps, too', async (t) => {
  for (const answer of [
    { ok: true, stdout: '\x1b[2J'.repeat(1000) },
    { ok: true, stdout: '' },
    { ok: false, reason: 'did not answer in 10000 ms' },
  ] as const) {
    const { info } = await identify(
      machineAt(boardFolder('x86-card'), { architecture: 'x64', ask: () => Promise.resolve(answer) }),
    );
    t.match(info, { gpu: 'NVIDIA GeForce RTX 4090', driver: '570.195.03' }, 'the driver’s files say it');
    t.equal(info.computeCapability, undefined);
  }
});

t.test('a program that never answers costs its fact, not the fingerprint', async (t) => {
  const clock = new FakeClock();
  let asked = () => {};
  const waiting = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const found = identify(
    machineAt(boardFolder('x86-card'), {
      architecture: 'x64',
      clock,
      ask: () => {
        asked();
        return new Promise(() => {});
      },
    }),
  );
  await waiting;
  await until(() => clock.pending === 1);
  clock.advance(30_000);
  const { info, sources } = await found;
  t.equal(info.gpu, undefined);
  t.equal(sources.gpu, 'no answer in 30000 ms');
  t.equal(info.os, 'Ubuntu 22.04.5 LTS');
});

t.test('without the table of releases only what it says is missing', async (t) => {
  const { info } = await identify(
    machineAt(boardFolder('jetpack-6.2.2-orin-nano'), { compatibility: undefined }),
  );
  t.match(info, { l4t: '36.5.0', jetpack: '6.2.2', tensorrt: '10.3.0.30', soc: 'tegra234' });
  t.equal(info.computeCapability, undefined);
});
