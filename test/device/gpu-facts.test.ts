/** GPUs of boards and cards, with drivers that say little. */
import t from 'tap';
import { known, unknown } from '../../dist/device/fact.js';
import { gpuFacts } from '../../dist/device/gpu-facts.js';
import { machineAt } from '../helpers/fixture-board.js';

const none = unknown('');

t.test('no program is started where there is no driver', async (t) => {
  const machine = machineAt(t.testdir({}), { ask: () => t.fail('started') as never });
  t.match(await gpuFacts(machine, none, none), { gpu: { value: undefined }, driver: { value: undefined } });
});

t.test('an Orin has nvgpu, whatever driver is loaded for its display', async (t) => {
  const version = 'NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  540.4.0  Release Build\n';
  const machine = machineAt(t.testdir({ proc: { driver: { nvidia: { version } } } }));
  t.match(await gpuFacts(machine, known('tegra234', 'x'), known('36.4.4', 'x')), {
    driver: { value: 'nvgpu of L4T 36.4.4' },
    computeCapability: { value: '8.7' },
  });
  t.match(await gpuFacts(machine, known('tegra999', 'x'), none), {
    gpu: { value: undefined, source: 'SoC tegra999 is not in the table' },
  });
});

t.test('Thor’s driver is asked for by files first, then by nvidia-smi', async (t) => {
  const soc = known('tegra264', 'x');
  const tree = { sys: { module: { nvidia: { version: '580.00\n' } } } };
  const silent = machineAt(t.testdir(tree), { ask: () => t.fail('started') as never });
  t.match(await gpuFacts(silent, soc, none), {
    driver: { value: '580.00', source: '/sys/module/nvidia/version' },
  });
  const ask = () => Promise.resolve({ ok: true as const, stdout: 'NVIDIA Thor, 580.00, 11.0\n' });
  t.match(await gpuFacts(machineAt('/nowhere', { ask }), soc, none), {
    driver: { value: '580.00', source: 'nvidia-smi' },
    computeCapability: { value: '11.0' },
  });
});

t.test('a card without nvidia-smi is known by name, not by capability', async (t) => {
  const gpus = { '0000:01:00.0': { information: 'Model: \t\t NVIDIA H200\n' } };
  const machine = machineAt(t.testdir({ dev: { nvidiactl: '' }, proc: { driver: { nvidia: { gpus } } } }));
  t.strictSame(await gpuFacts(machine, none, none), {
    gpu: { value: 'NVIDIA H200', source: '/proc/driver/nvidia/gpus/0000:01:00.0/information' },
    computeCapability: { value: undefined, source: 'nvidia-smi is not installed' },
    driver: {
      value: undefined,
      source:
        '/proc/driver/nvidia/version: not there; /sys/module/nvidia/version: not there; nvidia-smi is not installed',
    },
  });
});
