/** Places that most facts are looked for in. */
import t from 'tap';
import { firstOf } from '../../dist/device/fact.js';
import { packagePlace, upstreamVersion, WANTED_PACKAGES } from '../../dist/device/machine.js';
import { machineAt } from '../helpers/fixture-board.js';

t.test('the packager’s additions are cut off', async (t) => {
  const versions: [string, string | undefined][] = [
    ['10.3.0.30-1+cuda12.5', '10.3.0.30'],
    ['8.5.2-1+cuda11.4', '8.5.2'],
    ['6.2.2+b24', '6.2.2'],
    ['7.2-b60', '7.2'],
    ['1:12.6.68~rc1-1', '12.6.68'],
    ['git', undefined],
    ['', undefined],
  ];
  for (const [version, upstream] of versions) t.equal(upstreamVersion(version), upstream, version);
});

t.test('only packages that state a version are kept', async (t) => {
  for (const name of [
    'nvidia-l4t-core',
    'libnvinfer10',
    'libcudnn9-cuda-12',
    'libcudnn8',
    'cuda-cudart-12-6',
  ])
    t.match(name, WANTED_PACKAGES);
  for (const name of ['libnvinfer-plugin10', 'libcudnn9-dev-cuda-12', 'nvidia-l4t-core-extra', 'bash'])
    t.notMatch(name, WANTED_PACKAGES);
});

t.test('a package is named with its version, or as not installed', async (t) => {
  const machine = { ...machineAt('/nowhere'), packages: new Map([['libnvinfer10', '10.3.0.30-1+cuda12.5']]) };
  t.strictSame(await firstOf([packagePlace(machine, /^libnvinfer\d+$/, 'libnvinfer')]), {
    value: '10.3.0.30',
    source: 'package libnvinfer10 10.3.0.30-1+cuda12.5',
  });
  t.strictSame(await firstOf([packagePlace(machine, /^libcudnn8$/, 'libcudnn')]), {
    value: undefined,
    source: 'package libcudnn: not installed',
  });
});
