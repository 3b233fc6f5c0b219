/** Samples of boards and of cards, and of machines on which something hangs. */
import t from 'tap';
import type { AskProgram } from '../../dist/base/program-output.js';
import { MachineSampler, type SamplerOptions } from '../../dist/device/machine-sampler.js';
import { SystemFiles } from '../../dist/device/system-files.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { boardFolder, machineAt } from '../helpers/fixture-board.js';
import { until } from '../helpers/until.js';

const MIB = 2 ** 20;
const ORIN = { soc: 'tegra234', gpu: 'Orin' };
const CARD = { soc: undefined, gpu: 'NVIDIA GeForce RTX 4090' };

function sampler(folder: string, device: SamplerOptions['device'], other: Partial<SamplerOptions> = {}) {
  return new MachineSampler({
    files: new SystemFiles(folder),
    ask: machineAt(folder).ask,
    askHelper: async () => ({ ok: false, reason: 'is not installed' }),
    clock: new FakeClock({ monotonicUs: 5_000_000 }),
    device,
    ...other,
  });
}

/** Files of which those below some folders never answer. */
class HangingFiles extends SystemFiles {
  hanging = 0;

  constructor(
    root: string,
    readonly hang: string[],
  ) {
    super(root);
  }

  override read(path: string): Promise<string> {
    if (!this.hang.some((folder) => path.startsWith(folder))) return super.read(path);
    this.hanging += 1;
    return new Promise(() => undefined);
  }
}

t.test('an Orin: everything, with its units', async (t) => {
  const folder = boardFolder('jetpack-6.2.2-orin-nano');
  const sample = await sampler(folder, () => ORIN).sample([
    { name: 'worker', pid: 4481 },
    { name: 'other', pid: 99 },
  ]);
  t.match(sample, {
    atMs: 5000,
    host: { availableBytes: 3906328 * 1024, swapUsedBytes: 100_000 * 1024 },
    gpuMemory: { usedBytes: 145301504, atMs: 5000, reason: undefined },
    processes: [
      { name: 'worker', pid: 4481, gpuBytes: 118372 * 1024, pssBytes: undefined },
      { name: 'other', pid: 99, gpuBytes: undefined },
    ],
    hottestC: 52.968,
    gpu: { loadPercent: 12, freqHz: 624_750_000, capHz: 1_020_000_000 },
    cpu: { freqHz: 1_190_400_000, capHz: 1_728_000_000, ratedHz: 1_728_000_000 },
    throttling: { active: ['gpu-throttle-alert'], events: { oc3: 37 } },
    powerMode: 'mode 1',
    missing: {},
  });
  t.strictSame(structuredClone(sample), sample, 'plain data');
});

t.test('a card: memory, load, heat and what slows it down', async (t) => {
  const sample = await sampler(boardFolder('x86-card'), () => CARD).sample([{ name: 'worker', pid: 1234 }]);
  t.match(sample, {
    gpuMemory: { usedBytes: 8125 * MIB, totalBytes: 24564 * MIB },
    processes: [{ gpuBytes: 912 * MIB }],
    temperatures: [{ name: 'card', tempC: 66 }],
    gpu: { loadPercent: 37 },
    throttling: { active: ['card power cap', 'card heat'] },
    powerMode: undefined,
  });
});

t.test('a machine that tells nothing is a sample without values', async (t) => {
  const sample = await sampler(t.testdir({}), () => ({ soc: undefined, gpu: undefined })).sample([
    { name: 'worker', pid: 1 },
  ]);
  t.match(sample, {
    gpuMemory: { usedBytes: undefined, reason: 'no GPU is known here' },
    processes: [{ name: 'worker', pid: 1, pssBytes: undefined, rssBytes: undefined, gpuBytes: undefined }],
    temperatures: [],
    hottestC: undefined,
    throttling: { active: undefined, events: {} },
    missing: {},
  });
});

t.test('inside a container with processes of its own, the driver’s numbers are not ours', async (t) => {
  const folder = t.testdir({ proc: { self: { ns: { pid: t.fixture('symlink', 'pid:[4026532999]') } } } });
  const { ask } = machineAt(boardFolder('x86-card'));
  const sample = await sampler(folder, () => CARD, { ask }).sample([{ name: 'worker', pid: 1234 }]);
  t.match(sample, {
    gpuMemory: { usedBytes: 8125 * MIB, processes: undefined, reason: /container/ },
    processes: [{ gpuBytes: undefined }],
  });
});

t.test('the GPU becomes known later', async (t) => {
  let device: ReturnType<SamplerOptions['device']> = { soc: undefined, gpu: undefined };
  const probe = sampler(boardFolder('jetpack-6.2.2-orin-nano'), () => device);
  t.match(await probe.sample(), { gpuMemory: { usedBytes: undefined } });
  device = ORIN;
  t.match(await probe.sample(), { gpuMemory: { usedBytes: 145301504 } });
});

t.test('nvidia-smi that hangs holds up one sample for a moment, and is not asked again', async (t) => {
  const clock = new FakeClock();
  let asked = 0;
  const ask: AskProgram = () => {
    asked += 1;
    return new Promise(() => undefined);
  };
  const folder = t.testdir({ proc: { meminfo: 'MemAvailable: 5 kB\n' } });
  const probe = sampler(folder, () => CARD, { clock, ask });
  for (let round = 0; round < 3; round += 1) {
    const taken = probe.sample();
    // The only timer that is due so soon is that of the one who waits for the GPU.
    await until(() => clock.nextDueMs === 750);
    clock.advance(750);
    t.match(await taken, {
      tookMs: 750,
      host: { availableBytes: 5120 },
      gpuMemory: { usedBytes: undefined, reason: 'no answer yet', atMs: undefined },
    });
  }
  t.equal(asked, 1);
  t.equal(clock.pending, 0);
});

t.test('sensors that hang cost a second once, and everything else is still told', async (t) => {
  const clock = new FakeClock();
  const folder = boardFolder('jetpack-6.2.2-orin-nano');
  const files = new HangingFiles(folder, ['/sys/class/thermal']);
  const probe = sampler(folder, () => ORIN, { clock, files });
  const taken = probe.sample();
  for (const hanging of [1, 2]) {
    await until(() => files.hanging === hanging);
    clock.advance(1_000);
  }
  t.match(await taken, {
    temperatures: [],
    gpu: { loadPercent: 12 },
    cpu: { ratedHz: 1_728_000_000 },
    missing: { temperatures: 'no answer in 1000 ms', throttling: 'no answer in 1000 ms' },
  });
  t.match(await probe.sample(), {
    host: { availableBytes: 3906328 * 1024 },
    gpu: { loadPercent: undefined },
    missing: { temperatures: /too much else/, 'gpu load': /too much else/ },
  });
  t.equal(files.hanging, 2, 'no more of them');
});

t.test('one sample at a time', async (t) => {
  const probe = sampler(boardFolder('jetpack-6.2.2-orin-nano'), () => ORIN);
  const first = probe.sample();
  t.equal(probe.sample(), first);
  await first;
  t.not(probe.sample(), first);
});
