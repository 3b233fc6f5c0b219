/** GPU memory from the best place there is, on boards, on cards, and where nobody says. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { AskHelper } from '../../dist/device/gpu-helper.js';
import { cardMemory, gpuKind, noGpuMemory, nvmapMemory } from '../../dist/device/gpu-memory.js';
import { SystemFiles } from '../../dist/device/system-files.js';
import { boardFolder } from '../helpers/fixture-board.js';

const CLIENTS = '/sys/kernel/debug/nvmap/iovmm/clients';
const absent: AskHelper = async () => ({ ok: false, reason: 'is not installed' });
const unasked: AskHelper = () => t.fail('asked') as never;
const nothing = { nvmapUsedBytes: undefined };

t.test('the SoC says where to look; a card is asked where there is no SoC', async (t) => {
  t.equal(gpuKind({ soc: 'tegra234', gpu: 'x' }), 'nvmap');
  t.equal(gpuKind({ soc: 'tegra264', gpu: 'x' }), 'nvidia-smi');
  t.equal(gpuKind({ soc: undefined, gpu: 'x' }), 'nvidia-smi');
  t.equal(gpuKind({ soc: undefined, gpu: undefined }), 'none');
});

t.test('root reads the tables itself', async (t) => {
  const files = new SystemFiles(boardFolder('jetpack-6.2.2-orin-nano'));
  t.strictSame(await nvmapMemory(files, unasked, { nvmapUsedBytes: 5 }), {
    usedBytes: 145301504,
    totalBytes: undefined,
    processes: [
      { pid: 4481, bytes: 118372 * 1024 },
      { pid: 1012, bytes: 0 },
    ],
    usedSource: '/sys/kernel/debug/nvmap/stats/total_memory',
    processSource: CLIENTS,
    reason: undefined,
  });
  const older = new SystemFiles(boardFolder('jetpack-5.1.2-xavier'));
  t.match(await nvmapMemory(older, unasked, nothing), { usedBytes: 76 * 1024, usedSource: CLIENTS });
});

t.test('others ask the helper, and the allocator’s sum is not theirs to read', async (t) => {
  const folder = t.testdir({});
  cpSync(boardFolder('jetpack-6.2.2-orin-nano'), folder, { recursive: true });
  rmSync(join(folder, CLIENTS));
  const ask: AskHelper = async () => ({ ok: true, stdout: '4481 2K\ntotal 3K\n' });
  t.strictSame(await nvmapMemory(new SystemFiles(folder), ask, nothing), {
    usedBytes: 3072,
    totalBytes: undefined,
    processes: [{ pid: 4481, bytes: 2048 }],
    usedSource: 'detectd-gpumem.socket',
    processSource: 'detectd-gpumem.socket',
    reason: undefined,
  });
});

t.test('without either the sum of /proc/meminfo is left, or nothing, with what was tried', async (t) => {
  const files = new SystemFiles(t.testdir({}));
  t.match(await nvmapMemory(files, absent, { nvmapUsedBytes: 740388 }), {
    usedBytes: 740388,
    usedSource: 'NvMapMemUsed of /proc/meminfo',
    processes: undefined,
    reason: `${CLIENTS}: not there; detectd-gpumem.socket is not installed`,
  });
  const silent: AskHelper = async () => ({ ok: true, stdout: '' });
  t.match(await nvmapMemory(files, silent, nothing), {
    usedBytes: undefined,
    usedSource: undefined,
    reason: /detectd-gpumem\.socket gave no table/,
  });
  const odd = new SystemFiles(
    t.testdir({ sys: { kernel: { debug: { nvmap: { iovmm: { clients: '?' } } } } } }),
  );
  t.match(await nvmapMemory(odd, absent, nothing), { processes: undefined, reason: /not understood/ });
});

t.test('nvidia-smi: the sum of a card, of Thor’s processes, or none', async (t) => {
  const usage = { loadPercent: undefined, tempC: undefined, throttledBy: undefined, totalBytes: undefined };
  const processes = [
    { pid: 1, bytes: 5 },
    { pid: 2, bytes: 6 },
  ];
  t.match(cardMemory({ ...usage, usedBytes: 20, totalBytes: 30, processes }), {
    usedBytes: 20,
    totalBytes: 30,
    usedSource: 'nvidia-smi',
    reason: undefined,
  });
  t.match(cardMemory({ ...usage, usedBytes: undefined, processes }), {
    usedBytes: 11,
    usedSource: 'nvidia-smi, by process',
  });
  t.match(cardMemory({ ...usage, usedBytes: undefined, processes: undefined }), {
    usedBytes: undefined,
    usedSource: undefined,
    reason: /lists no process/,
  });
  t.match(noGpuMemory('why'), { usedBytes: undefined, processes: undefined, reason: 'why' });
});
