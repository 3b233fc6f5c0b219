/** Versions where libraries, packages, headers and version files disagree or are missing. */
import t from 'tap';
import { cudaFact, cudnnFact, onnxruntimeFacts, tensorrtFact } from '../../dist/device/library-facts.js';
import type { Library } from '../../dist/device/library-version.js';
import type { Machine } from '../../dist/device/machine.js';
import { machineAt } from '../helpers/fixture-board.js';

function machine(folder: string, packages: Record<string, string> = {}): Machine {
  return { ...machineAt(folder), packages: new Map(Object.entries(packages)) };
}

function library(name: string, version: string, others: string[] = []): Map<string, Library> {
  return new Map([[name, { version, path: `/lib/${name}.so.${version}`, others }]]);
}

t.test('a package adds the build to its library, and never overrules it', async (t) => {
  const packages = { libnvinfer8: '8.6.2.3-1+cuda12.2', libnvinfer10: '10.3.0.30-1+cuda12.5' };
  const both = machine(t.testdir({}), packages);
  t.strictSame(await tensorrtFact(both, library('libnvinfer', '10.3.0', ['8.6.2'])), {
    value: '10.3.0.30',
    source: '/lib/libnvinfer.so.10.3.0, package libnvinfer10 10.3.0.30-1+cuda12.5; also 8.6.2 there',
  });
  t.strictSame(await tensorrtFact(both, library('libnvinfer', '10.13.3')), {
    value: '10.13.3',
    source: '/lib/libnvinfer.so.10.13.3; package libnvinfer8 8.6.2.3-1+cuda12.2 says otherwise',
  });
  t.match(await tensorrtFact(both, new Map()), { value: '8.6.2.3', source: /^package libnvinfer8/ });
});

t.test('headers and version files stand in for libraries', async (t) => {
  const cudnn = '#define CUDNN_MAJOR 9\n#define CUDNN_MINOR 3\n#define CUDNN_PATCHLEVEL 0\n';
  const tree = machine(
    t.testdir({
      usr: {
        include: { 'aarch64-linux-gnu': { 'cudnn_version_v9.h': cudnn } },
        local: { cuda: { 'version.txt': 'CUDA Version 10.2.300\n', 'version.json': 'odd' } },
      },
    }),
  );
  t.match(await cudnnFact(tree, new Map()), {
    value: '9.3.0',
    source: '/usr/include/aarch64-linux-gnu/cudnn_version_v9.h',
  });
  t.match(await cudaFact(tree, new Map()), { value: '10.2.300', source: '/usr/local/cuda/version.txt' });
  const packaged = machine(t.testdir({}), { 'cuda-cudart-12-6': '12.6.68-1' });
  t.match(await cudaFact(packaged, new Map()), { value: '12.6.68' });
});

t.test('onnxruntime-node is looked for above the program', async (t) => {
  const [version, providers] = await onnxruntimeFacts(machineAt('/'), import.meta.dirname);
  t.match(version.value, /^1\.\d+\.\d+/);
  t.match(providers.value, /cpu$/);
  const [missing] = await onnxruntimeFacts(machineAt(t.testdir({})), '/opt/detectd');
  t.strictSame(missing, { value: undefined, source: 'no onnxruntime-node above /opt/detectd' });
});
