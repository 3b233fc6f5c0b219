/**
 * A made-up Jetson on which jetson/build-onnxruntime runs: the board's files in a folder, and stand-ins for git, npm,
 * compilers and onnxruntime's own build, which play every way in which those end. The words are those of the real ones.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import { REPOSITORY } from './stand-in-checkout.js';
import { type Ran, runProgram } from './systemd-container.js';

const TRIPLET = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;

export interface Machine {
  l4t: string;
  soc: string;
  cuda: string;
  gcc: string;
  cmake: string;
  memoryGb: number;
  cores: number;
  freeGb: number;
  /** The headers of TensorRT 10.12 and newer name their numbers by way of another macro. */
  tensorrt: string;
  cudnn: string;
}

const ORIN: Machine = {
  l4t: '36.4.4',
  soc: 'tegra234',
  cuda: '12.6',
  gcc: '11.4.0',
  cmake: '3.28.6',
  memoryGb: 32,
  cores: 8,
  freeGb: 100,
  tensorrt: '10.3.0',
  cudnn: '9.3.0',
};

const SAY = (text: string) => `#!/bin/bash\ncat <<'TEXT'\n${text}\nTEXT\n`;

/** Notes each call; FAKE_GIT=offline fails as without network. */
const GIT = `#!/bin/bash
echo "git $*" >>"$FAKE_CALLS"
case "$*" in
  *rev-parse*) [ -e "$2/VERSION_NUMBER" ] && exit 0; exit 128 ;;
  clone*)
    if [ "$FAKE_GIT" = offline ]; then
      echo "fatal: unable to access 'https://github.com/microsoft/onnxruntime/': Could not resolve host: github.com" >&2
      exit 128
    fi
    mkdir -p "\${@: -1}" && cp -r "$FAKE_SOURCES/." "\${@: -1}" && echo "\${5#v}" >"\${@: -1}/VERSION_NUMBER" ;;
  submodule*)
    if [ "$FAKE_GIT" = cut ]; then echo 'fatal: early EOF' >&2; exit 128; fi ;;
esac
`;

/** FAKE_JOBS: more of them at once run out of memory. FAKE_BUILD: a full disk, a compiler's error, one that hangs. */
const BUILD = `#!/bin/bash
echo "build.sh $*" >>"$FAKE_CALLS"
while [ $# -gt 0 ]; do
  case $1 in
    --build_dir) build=$2 ;;
    --parallel) jobs=$2 ;;
    --build) compile=1 ;;
  esac
  shift
done
mkdir -p "$build/Release"
[ -n "$compile" ] || exit 0
echo '[ 10%] Building CUDA object CMakeFiles/onnxruntime_providers_cuda.dir/conv.cu.o'
if [ "$jobs" -gt "$FAKE_JOBS" ]; then
  echo "nvcc error   : 'cicc' died due to signal 9 (Kill signal)"
  echo "subprocess.CalledProcessError: Command 'cmake' returned non-zero exit status 2."
  exit 1
fi
case $FAKE_BUILD in
  full) echo 'fatal error: error writing to /tmp/x.s: No space left on device'; exit 1 ;;
  hang) sleep 600 ;;
  error) echo 'conv.cu(12): error: identifier "nope" is undefined'; exit 1 ;;
esac
for name in shared cuda tensorrt; do echo "$name" >"$build/Release/libonnxruntime_providers_$name.so"; done
echo library >"$build/Release/libonnxruntime.so.9.9.9"
ln -sf libonnxruntime.so.9.9.9 "$build/Release/libonnxruntime.so.1"
ln -sf libonnxruntime.so.1 "$build/Release/libonnxruntime.so"
echo '[100%] Built target onnxruntime'
`;

/** Packs with the real one, which is next in PATH. */
const NPM = `#!/bin/bash
echo "npm $* in \${PWD##*/}" >>"$FAKE_CALLS"
case $1 in
  ci) [ "$FAKE_NPM" != offline ] || { echo 'npm error code ENOTFOUND'; exit 1; } ;;
  run)
    native=bin/napi-v6/linux/${process.arch}
    mkdir -p "$native" && echo binding >"$native/onnxruntime_binding.node" ;;
  *) exec env PATH="$FAKE_REAL_PATH" npm "$@" ;;
esac
`;

/** Computes what the checking program asks for; FAKE_RESULT=wrong does not, FAKE_RESULT=crash dies. */
const BINDING = `'use strict';
const common = require('onnxruntime-common');
if (common !== 'common') throw new Error('not the common part inside');
exports.listSupportedBackends = () => [{ name: 'cpu' }, { name: 'cuda' }, { name: 'tensorrt' }];
exports.Tensor = class { constructor(type, data, dims) { Object.assign(this, { type, data, dims }); } };
exports.InferenceSession = {
  async create(model, { executionProviders: [provider] }) {
    if (provider !== 'cpu' && process.env.FAKE_RESULT === 'crash') process.kill(process.pid, 'SIGSEGV');
    return { async run({ x }) {
      const at = (corner) => [0, 16].flatMap((c) => [0, 4, 8].flatMap((r) => [0, 1, 2].map((k) => x.data[c + corner + r + k])));
      const data = [0, 1, 4, 5].map((corner) => Math.max(0, at(corner).reduce((a, b) => a + b, 0) / 2));
      return { y: { data: process.env.FAKE_RESULT === 'wrong' && provider !== 'cpu' ? [0, 0, 0, 0] : data } };
    } };
  },
};
`;

export class BuildMachine {
  readonly folder: string;
  readonly root: string;
  readonly work: string;
  readonly output: string;
  readonly #calls: string;

  constructor(t: Test, change: Partial<Machine> = {}) {
    this.folder = mkdtempSync(join(tmpdir(), 'detectd-board-'));
    t.teardown(() => rmSync(this.folder, { recursive: true, force: true }));
    [this.root, this.work, this.output, this.#calls] = ['root', 'work', 'output', 'calls'].map((name) =>
      join(this.folder, name),
    ) as [string, string, string, string];
    this.#write({ calls: '' });
    this.#boardFiles({ ...ORIN, ...change });
    this.#programs({ ...ORIN, ...change });
    this.#sources();
  }

  run(args: string[], env: Record<string, string> = {}): Promise<Ran> {
    const program = join(REPOSITORY, 'jetson/build-onnxruntime');
    const where = ['--work', this.work, '--output', this.output];
    return runProgram(program, [...where, ...args], 120_000, this.environment(env));
  }

  environment(env: Record<string, string> = {}): NodeJS.ProcessEnv {
    const { PATH = '' } = process.env;
    return {
      HOME: this.folder,
      PATH: `${join(this.folder, 'bin')}:${PATH}`,
      DETECTD_ROOT: this.root,
      FAKE_CALLS: this.#calls,
      FAKE_SOURCES: join(this.folder, 'sources'),
      FAKE_REAL_PATH: PATH,
      FAKE_JOBS: '100',
      ...env,
    };
  }

  /** The stand-ins that ran since the last look, one a line. */
  async calls(): Promise<string[]> {
    const text = await readFile(this.#calls, 'utf8');
    this.#write({ calls: '' });
    return text.trim() === '' ? [] : text.trim().split('\n');
  }

  #boardFiles(machine: Machine): void {
    const [major, ...rest] = machine.l4t.split('.');
    const [tensorrt, tensorrtMinor, tensorrtPatch] = machine.tensorrt.split('.');
    const [cudnn, cudnnMinor, cudnnPatch] = machine.cudnn.split('.');
    const prefix =
      Number(tensorrt) * 100 + Number(tensorrtMinor) >= 1012 ? 'TRT_MAJOR_ENTERPRISE' : undefined;
    const include = join('root/usr/include', TRIPLET);
    this.#write({
      'root/etc/nv_tegra_release': `# R${major} (release), REVISION: ${rest.join('.')}, GCID: 1, BOARD: generic\n`,
      'root/proc/device-tree/compatible': `nvidia,p3737\0nvidia,${machine.soc}\0`,
      'root/proc/meminfo': `MemTotal:       ${machine.memoryGb * 1048576} kB\n`,
      'root/proc/swaps': 'Filename\tType\tSize\tUsed\tPriority\n/dev/zram0 partition 99999999 0 5\n',
      'root/usr/local/cuda/bin/nvcc': SAY(
        `Cuda compilation tools, release ${machine.cuda}, V${machine.cuda}.1`,
      ),
      [`${include}/NvInferVersion.h`]: [
        ...(prefix === undefined ? [] : [`#define ${prefix} ${tensorrt}`]),
        `#define NV_TENSORRT_MAJOR ${prefix ?? tensorrt} //!< TensorRT major version.`,
        `#define NV_TENSORRT_MINOR ${tensorrtMinor}`,
        `#define NV_TENSORRT_PATCH ${tensorrtPatch}\n`,
      ].join('\n'),
      [`${include}/NvOnnxParser.h`]: '',
      [`${include}/cudnn_version.h`]: `#define CUDNN_MAJOR ${cudnn}\n#define CUDNN_MINOR ${cudnnMinor}\n#define CUDNN_PATCHLEVEL ${cudnnPatch}\n`,
    });
  }

  #programs(machine: Machine): void {
    const compiler = SAY(machine.gcc);
    const programs: Record<string, string> = {
      git: GIT,
      npm: NPM,
      gcc: compiler,
      'g++': compiler,
      // Those of the machine that runs this must not be found.
      ...Object.fromEntries(
        [10, 11, 12, 13, 14, 15].flatMap((major) => [
          [`gcc-${major}`, '#!/bin/bash\nexit 1\n'],
          [`g++-${major}`, '#!/bin/bash\nexit 1\n'],
        ]),
      ),
      cmake: SAY(`cmake version ${machine.cmake}\n`),
      python3: SAY('3.10'),
      make: SAY('GNU Make 4.3'),
      patch: SAY('GNU patch 2.7.6'),
      nproc: SAY(String(machine.cores)),
      df: SAY(
        `Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/x 1 1 ${machine.freeGb * 1048576} 1% /`,
      ),
    };
    for (const [name, text] of Object.entries(programs)) this.program(name, text);
    chmodSync(join(this.root, 'usr/local/cuda/bin/nvcc'), 0o755);
  }

  /** A further program, or another text for one. */
  program(name: string, text: string, folder = 'bin'): void {
    this.#write({ [`${folder}/${name}`]: text });
    chmodSync(join(this.folder, folder, name), 0o755);
  }

  #sources(): void {
    const json = (value: object) => JSON.stringify(value);
    this.#write({
      'sources/build.sh': BUILD,
      'sources/LICENSE': 'MIT\n',
      'sources/ThirdPartyNotices.txt': 'others\n',
      'sources/js/package.json': json({ name: 'js' }),
      'sources/js/common/package.json': json({
        name: 'onnxruntime-common',
        version: '1.25.1',
        main: 'dist/index.js',
        scripts: { prepare: 'false' },
      }),
      'sources/js/common/dist/index.js': `module.exports = 'common';\n`,
      'sources/js/node/package.json': json({
        name: 'onnxruntime-node',
        version: '1.25.1',
        license: 'MIT',
        main: 'dist/index.js',
        dependencies: { 'onnxruntime-common': 'file:../common', 'adm-zip': '^0.5.16' },
        scripts: { postinstall: 'node ./script/install' },
        devDependencies: { 'cmake-js': '^8.0.0' },
      }),
      'sources/js/node/dist/index.js': BINDING,
      'sources/js/node/script/install.js': 'process.exit(1);\n',
    });
    chmodSync(join(this.folder, 'sources/build.sh'), 0o755);
  }

  #write(files: Record<string, string>): void {
    for (const [path, text] of Object.entries(files)) {
      const file = join(this.folder, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }
}
