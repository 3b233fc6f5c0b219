/** Which figures can be watched here, and what to do for the others. */
import t from 'tap';
import { probeFindings, settledSample } from '../../dist/commands/probe-checks.js';
import { noGpuMemory } from '../../dist/device/gpu-memory.js';
import type { MachineSample } from '../../dist/device/machine-sample.js';
import { MachineSampler } from '../../dist/device/machine-sampler.js';
import { SystemFiles } from '../../dist/device/system-files.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { boardFolder, machineAt } from '../helpers/fixture-board.js';

const ORIN = { soc: 'tegra234', gpu: 'Orin', container: undefined };
const CARD = { soc: undefined, gpu: 'NVIDIA H200', container: undefined };
const NONE = { soc: undefined, gpu: undefined, container: undefined };

function sampleOf(folder: string, device: typeof ORIN | typeof CARD | typeof NONE): Promise<MachineSample> {
  const sampler = new MachineSampler({
    files: new SystemFiles(folder),
    ask: machineAt(folder).ask,
    askHelper: async () => ({ ok: false, reason: 'is not installed' }),
    clock: new FakeClock(),
    device: () => device,
  });
  return settledSample(sampler);
}

const summary = (sample: MachineSample, device: Parameters<typeof probeFindings>[1]) =>
  Object.fromEntries(probeFindings(sample, device).map(({ check, ...rest }) => [check, rest]));

t.test('a board on which root asks: all is known, and heat is told', async (t) => {
  const sample = await sampleOf(boardFolder('jetpack-6.2.2-orin-nano'), ORIN);
  t.match(summary(sample, ORIN), {
    memory: {
      state: 'ok',
      detail: /^4\.0 GB of 8\.0 GB available, 102 MB of 4\.0 GB swap used, no pressure/,
    },
    'gpu memory': { state: 'ok', detail: /^145 MB used \(.*total_memory\), by process from .*clients$/ },
    temperatures: {
      state: 'ok',
      detail: '53 °C at most (cpu-thermal, of 4), clocks go down from 99 °C on, off at 105 °C',
    },
    clocks: {
      state: 'warning',
      detail:
        'held down by gpu-throttle-alert; CPU up to 1728 MHz of 1728 MHz; GPU up to 1020 MHz; GPU load 12 %; since boot oc2 15, oc3 37',
      cure: /fan/,
    },
  });
});

t.test('a machine without GPU and sensors has little to say, and nothing to complain of', async (t) => {
  const folder = t.testdir({ proc: { meminfo: 'MemTotal: 8000 kB\nMemAvailable: 4000 kB\n' } });
  const findings = probeFindings(await sampleOf(folder, NONE), NONE);
  t.strictSame(
    findings.map(({ check, state }) => `${check} ${state}`),
    ['memory ok', 'temperatures ok', 'clocks ok'],
  );
});

t.test('GPU memory that nobody tells comes with the way to it', async (t) => {
  const sample = await sampleOf(t.testdir({}), NONE);
  const cure = (reason: string, device: Parameters<typeof probeFindings>[1]) =>
    summary({ ...sample, gpuMemory: { ...noGpuMemory(reason), atMs: 0 } }, device)['gpu memory']?.cure;
  t.match(cure('detectd-gpumem.socket is not installed', ORIN), 'scripts/install --gpu-helper yes');
  t.match(cure('detectd-gpumem.socket may not be asked by this user', ORIN), 'sudo -u detectd');
  t.match(cure('detectd-gpumem.socket gave no table', ORIN), 'journalctl');
  t.match(cure('x', { ...ORIN, container: 'docker' }), '--pid host');
  t.match(cure('nvidia-smi is not installed', CARD), 'nvidia-utils');
  t.match(cure('nvidia-smi did not answer', CARD), 'restart');
  t.match(cure('x', { ...CARD, container: 'docker' }), '--pid host');
});

t.test('little memory, heat and what hangs are warnings', async (t) => {
  const folder = t.testdir({ proc: { meminfo: 'MemTotal: 8000 kB\nMemAvailable: 400 kB\n' } });
  const sample = await sampleOf(folder, NONE);
  const hot = { name: 'tj', tempC: 100, passiveC: 99, criticalC: undefined };
  const all = { ...sample, temperatures: [hot], hottestC: 100, missing: { 'gpu load': 'no answer' } };
  t.match(summary(all, NONE), {
    memory: { state: 'warning' },
    temperatures: { state: 'warning', cure: /nvpmodel/ },
    probes: { state: 'warning', detail: 'gpu load: no answer' },
  });
  t.match(summary({ ...sample, host: undefined }, NONE), { memory: { state: 'warning', cure: /proc/ } });
});

t.test('a GPU that answers late is waited for, not for ever', async (t) => {
  const sample = await sampleOf(t.testdir({}), NONE);
  let taken = 0;
  const answers = (known: number) => ({
    sample: async () => {
      taken += 1;
      return { ...sample, gpuMemory: { ...noGpuMemory('x'), atMs: taken >= known ? 1 : undefined } };
    },
  });
  t.equal((await settledSample(answers(3))).gpuMemory.atMs, 1);
  t.equal(taken, 3);
  taken = 0;
  t.equal((await settledSample(answers(1e9))).gpuMemory.atMs, undefined);
  t.equal(taken, 16);
});
