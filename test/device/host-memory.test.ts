/** Memory of host, swap, control groups and pressure in one look. */
import t from 'tap';
import { hostMemory } from '../../dist/device/host-memory.js';
import { SystemFiles } from '../../dist/device/system-files.js';
import { boardFolder } from '../helpers/fixture-board.js';

t.test('a board: swap that is used, NvMap, and no pressure information', async (t) => {
  t.match(await hostMemory(new SystemFiles(boardFolder('jetpack-6.2.2-orin-nano'))), {
    totalBytes: 7802940 * 1024,
    availableBytes: 3906328 * 1024,
    roomBytes: 3906328 * 1024,
    roomWhere: 'the machine',
    swapUsedBytes: 100_000 * 1024,
    nvmapUsedBytes: 740388 * 1024,
    pressure: undefined,
  });
});

t.test('a control group that allows less, and pressure', async (t) => {
  const group = {
    'memory.max': '1000000\n',
    'memory.current': '400000\n',
    'memory.stat': 'inactive_file 1000\n',
  };
  const folder = t.testdir({
    proc: {
      meminfo: 'MemTotal: 8000 kB\nMemAvailable: 4000 kB\n',
      self: { cgroup: '0::/box\n' },
      pressure: { memory: 'some avg10=2.00 avg60=0.00 avg300=0.00 total=0\n' },
    },
    sys: { fs: { cgroup: { box: group } } },
  });
  t.match(await hostMemory(new SystemFiles(folder)), {
    availableBytes: 4_096_000,
    roomBytes: 601_000,
    roomWhere: /box/,
    swapUsedBytes: undefined,
    pressure: { somePercent: 2 },
  });
});

t.test('nothing to read is nothing known', async (t) => {
  const memory = await hostMemory(new SystemFiles(t.testdir({})));
  t.strictSame(
    Object.values(memory).filter((value) => value !== undefined),
    [],
  );
});
