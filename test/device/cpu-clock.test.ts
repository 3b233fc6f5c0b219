/** The CPU's clock, its cap and what it was made for. */
import t, { type Test } from 'tap';
import { CpuClockReader } from '../../dist/device/cpu-clock.js';
import { SystemFiles } from '../../dist/device/system-files.js';
import { FakeClock } from '../helpers/fake-clock.js';

const clock = (t: Test, cpufreq: Record<string, Record<string, string>>) => {
  const root = t.testdir({ sys: { devices: { system: { cpu: { cpufreq } } } } });
  return new CpuClockReader(new SystemFiles(root), new FakeClock()).read();
};
const policy = (cur: string, max: string, rated: string) => ({
  scaling_cur_freq: cur,
  scaling_max_freq: max,
  cpuinfo_max_freq: rated,
});

t.test('the fastest of the clusters', async (t) => {
  const policies = {
    policy0: policy('1190400', '1510400', '2201600'),
    policy4: policy('729600', '1510400', '9'),
  };
  t.strictSame(await clock(t, policies), {
    freqHz: 1_190_400_000,
    capHz: 1_510_400_000,
    ratedHz: 2_201_600_000,
  });
});

t.test('what the kernel does not say is unknown', async (t) => {
  t.strictSame(await clock(t, {}), { freqHz: undefined, capHz: undefined, ratedHz: undefined });
  t.strictSame(await clock(t, { policy0: policy('<unknown>', '0', '2000') }), {
    freqHz: undefined,
    capHz: undefined,
    ratedHz: 2_000_000,
  });
});
