/** Facts of the board, where sources disagree or are missing. */
import t from 'tap';
import {
  imageL4tFact,
  jetpackFact,
  l4tFact,
  moduleFact,
  powerModeFact,
  socFact,
} from '../../dist/device/board-facts.js';
import { known, unknown } from '../../dist/device/fact.js';
import type { Machine } from '../../dist/device/machine.js';
import { machineAt } from '../helpers/fixture-board.js';

const host = unknown('no sign of one');
const docker = known('docker', '/.dockerenv');

function withPackages(folder: string, packages: Record<string, string>): Machine {
  return { ...machineAt(folder), packages: new Map(Object.entries(packages)) };
}

t.test('without its file, L4T is known by its package, but not in a container', async (t) => {
  const machine = withPackages(t.testdir({}), { 'nvidia-l4t-core': '36.4.3-20250107174145' });
  t.match(await l4tFact(machine, host), {
    value: '36.4.3',
    source: 'package nvidia-l4t-core 36.4.3-20250107174145',
  });
  t.match(await l4tFact(machine, docker), { value: undefined, source: '/etc/nv_tegra_release: not there' });
  t.match(await imageL4tFact(machine, docker), { value: '36.4' });
  t.match(await imageL4tFact(machine, host), { value: undefined });
});

t.test('JetPack is that of L4T; a package that says otherwise is mentioned', async (t) => {
  const machine = withPackages(t.testdir({}), { 'nvidia-jetpack': '6.2.1+b38' });
  t.strictSame(await jetpackFact(machine, known('36.4.3', 'x'), host), {
    value: '6.2',
    source: 'by L4T 36.4.3; the package nvidia-jetpack is 6.2.1+b38',
  });
  t.match(await jetpackFact(machine, known('36.4.4', 'x'), host), {
    value: '6.2.1',
    source: 'by L4T 36.4.4',
  });
  t.match(
    await jetpackFact(machine, known('36.9.0', 'x'), host),
    { value: '6.2.1', source: /^package/ },
    'an L4T not listed',
  );
  t.match(
    await jetpackFact(machine, known('36.9.0', 'x'), docker),
    { value: undefined },
    'the package of an image',
  );
});

t.test('the SoC is worked out from what is left', async (t) => {
  const none = unknown('');
  const bare = machineAt(t.testdir({}));
  t.match(await socFact(bare, known('NVIDIA Jetson AGX Thor', 'x'), none), { value: 'tegra264' });
  t.match(await socFact(bare, none, known('36.4.4', 'x')), { value: 'tegra234', source: /the only one/ });
  t.match(await socFact(bare, none, known('39.2.0', 'x')), { value: undefined }, 'runs on two');
  const chip = machineAt(t.testdir({ sys: { devices: { soc0: { family: 'Tegra\n', soc_id: '25\n' } } } }));
  t.match(await socFact(chip, none, none), { value: 'tegra194', source: '/sys/devices/soc0/soc_id' });
});

t.test('a module is looked for in every tree', async (t) => {
  const base = { compatible: 'nvidia,p3768-0000+p3767-0001\0nvidia,tegra234\0' };
  const machine = machineAt(t.testdir({ sys: { firmware: { devicetree: { base } } } }));
  t.match(await moduleFact(machine), {
    value: 'p3767-0001',
    source: '/sys/firmware/devicetree/base/compatible',
  });
});

t.test('the power mode without nvpmodel is a name, or at least a number', async (t) => {
  const status = { nvpmodel: { status: 'pmode:0002' } };
  const soc = known('tegra234', 'x');
  const numbered = machineAt(t.testdir({ var: { lib: status } }));
  t.match(await powerModeFact(numbered, soc), { value: 'mode 2', source: '/var/lib/nvpmodel/status' });
  t.match(await powerModeFact(numbered, unknown('')), { value: undefined, source: /only a Jetson/ });
  const none = await powerModeFact(machineAt(t.testdir({})), soc);
  t.equal(
    none.source,
    'nvpmodel is not installed; /usr/sbin/nvpmodel is not installed; /var/lib/nvpmodel/status: not there',
  );
});
