/** Load and clock of boards' GPUs. */
import t from 'tap';
import { GpuLoadReader } from '../../dist/device/gpu-load.js';
import { SystemFiles } from '../../dist/device/system-files.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { boardFolder } from '../helpers/fixture-board.js';

const load = (folder: string) => new GpuLoadReader(new SystemFiles(folder), new FakeClock()).read();

t.test('boards by the name in their device tree', async (t) => {
  t.strictSame(await load(boardFolder('jetpack-6.2.2-orin-nano')), {
    loadPercent: 12,
    freqHz: 624_750_000,
    capHz: 1_020_000_000,
  });
  t.match(await load(boardFolder('jetpack-5.1.2-xavier')), { loadPercent: 7, freqHz: undefined });
});

t.test('Thor has a clock and no load', async (t) => {
  t.strictSame(await load(boardFolder('jetpack-7.0-thor')), {
    loadPercent: undefined,
    freqHz: 1_575_000_000,
    capHz: undefined,
  });
});

t.test('by the name of the device where the tree is hidden; others are no GPU', async (t) => {
  const devfreq = {
    '15340000.vic': { device: { load: '500' } },
    '17000000.ga10b': { device: { load: '1000' } },
  };
  t.match(await load(t.testdir({ sys: { class: { devfreq } } })), { loadPercent: 100 });
  const old = { class: { devfreq: { '57000000.gpu': {} } }, devices: { 'gpu.0': { load: '30' } } };
  t.match(await load(t.testdir({ sys: old })), { loadPercent: 3 });
});

t.test('elsewhere nothing is known, and nonsense is no load', async (t) => {
  const nothing = { loadPercent: undefined, freqHz: undefined, capHz: undefined };
  t.strictSame(await load(t.testdir({})), nothing);
  const devfreq = { '17000000.gpu': { device: { load: '4711' }, cur_freq: 'fast' } };
  t.strictSame(await load(t.testdir({ sys: { class: { devfreq } } })), nothing);
});
