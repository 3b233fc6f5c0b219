/** Free memory of machines and control groups, from their files, and what fits into it. */
import t, { type Test } from 'tap';
import { freeMemory, memoryRoom, parseAvailable, parseGroups } from '../../dist/device/memory-room.js';
import { SystemFiles } from '../../dist/device/system-files.js';

const MEMINFO = 'MemTotal:       7990000 kB\nMemFree:         200000 kB\nMemAvailable:   4000000 kB\n';
const MB = 1024 * 1024;

type Tree = { [name: string]: Tree | string };

function machine(t: Test, tree: Tree): SystemFiles {
  return new SystemFiles(t.testdir(tree as Parameters<Test['testdir']>[0]));
}

t.test('what a machine has available, page cache that it can give back included', async (t) => {
  t.equal(parseAvailable(MEMINFO), 4_000_000 * 1024);
  t.equal(parseAvailable('MemAvailable: lots'), undefined);
  t.equal(parseAvailable(''), undefined);
  const files = machine(t, { proc: { meminfo: MEMINFO } });
  t.strictSame(await freeMemory(files), { bytes: 4_000_000 * 1024, where: 'the machine' });
});

t.test('control groups of both versions, innermost first', async (t) => {
  t.strictSame(parseGroups('0::/system.slice/detectd.service\n'), [
    { version: 'v2', folder: '/sys/fs/cgroup/system.slice/detectd.service' },
    { version: 'v2', folder: '/sys/fs/cgroup/system.slice' },
    { version: 'v2', folder: '/sys/fs/cgroup' },
  ]);
  t.strictSame(parseGroups('12:cpu,cpuacct:/x\n4:hugetlb,memory:/box\n1:name=systemd:/y\n'), [
    { version: 'v1', folder: '/sys/fs/cgroup/memory/box' },
    { version: 'v1', folder: '/sys/fs/cgroup/memory' },
  ]);
  t.strictSame(parseGroups('0::/../../outside'), [{ version: 'v2', folder: '/sys/fs/cgroup' }]);
  t.strictSame(parseGroups('nonsense\n0::\n:::'), []);
  t.ok(parseGroups(`0::${'/deep'.repeat(500)}`).length <= 33, 'however deep they are');
});

t.test('the tightest group counts, less what the kernel takes back at once', async (t) => {
  const files = machine(t, {
    proc: { meminfo: MEMINFO, self: { cgroup: '0::/system.slice/detectd.service\n' } },
    sys: {
      fs: {
        cgroup: {
          'system.slice': {
            'memory.max': 'max\n',
            'memory.high': `${2000 * MB}\n`,
            'memory.current': `${100 * MB}\n`,
            'detectd.service': {
              'memory.max': `${1000 * MB}\n`,
              'memory.high': 'max\n',
              'memory.current': `${700 * MB}\n`,
              'memory.stat': `anon 5\ninactive_file ${200 * MB}\nactive_file ${100 * MB}\nfile_mapped ${150 * MB}\n`,
            },
          },
        },
      },
    },
  });
  t.match(await freeMemory(files), { bytes: 500 * MB, where: /detectd\.service$/ });
});

t.test('files that were read twice are no memory that is lost', async (t) => {
  const group = {
    'memory.max': `${1000 * MB}\n`,
    'memory.current': `${990 * MB}\n`,
    'memory.stat': `inactive_file ${100 * MB}\nactive_file ${600 * MB}\nfile_mapped ${50 * MB}\n`,
  };
  const proc = { meminfo: MEMINFO, self: { cgroup: '0::/box\n' } };
  const files = machine(t, { proc, sys: { fs: { cgroup: { box: group } } } });
  t.match(await freeMemory(files), { bytes: 660 * MB });
});

t.test('a group of version 1, and its mark for no limit', async (t) => {
  const group = (limit: string) => ({
    proc: { meminfo: MEMINFO, self: { cgroup: '4:memory:/not/visible/here\n' } },
    sys: {
      fs: {
        cgroup: {
          memory: {
            'memory.limit_in_bytes': limit,
            'memory.usage_in_bytes': `${300 * MB}\n`,
            'memory.stat': `inactive_file 1\ntotal_inactive_file ${50 * MB}\n`,
          },
        },
      },
    },
  });
  t.match(await freeMemory(machine(t, group(`${400 * MB}\n`))), { bytes: 150 * MB });
  t.match(await freeMemory(machine(t, group('9223372036854771712\n'))), { where: 'the machine' });
  t.match(await freeMemory(machine(t, group(`${100 * MB}\n`))), { bytes: 0 }, 'above its limit');
});

t.test('files that are missing or hold nonsense tell nothing', async (t) => {
  t.equal(await freeMemory(machine(t, {})), undefined);
  const files = machine(t, {
    proc: { meminfo: 'nonsense', self: { cgroup: '0::/a' } },
    sys: { fs: { cgroup: { a: { 'memory.max': '-5', 'memory.current': 'x' } } } },
  });
  t.equal(await freeMemory(files), undefined);
});

t.test('a process fits with a quarter and 64 MB to spare', async (t) => {
  const free = (bytes: number) => ({ bytes, where: 'the machine' });
  t.match(memoryRoom(400e6, free(564e6)), { enough: true, why: '564 MB needed, 564 MB free in the machine' });
  t.match(memoryRoom(400e6, free(563e6)), { enough: false, why: /564 MB needed, 563 MB free/ });
});

t.test('what is not known keeps nobody from trying', async (t) => {
  t.match(memoryRoom(400e6, undefined), { enough: true, why: /not known/ });
  t.match(memoryRoom(undefined, { bytes: 1, where: 'the machine' }), { enough: true, why: /not known/ });
});
