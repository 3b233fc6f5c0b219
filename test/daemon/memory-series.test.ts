/** Which series of memory are watched, and the limits that they run into. */
import t from 'tap';
import { memorySeries, workerBytes } from '../../dist/daemon/memory-series.js';
import { MB, machineSample } from '../helpers/machine-sample.js';

const limits = { minFreeBytes: 500 * MB, workerLimitBytes: undefined };
const byName = (...args: Parameters<typeof memorySeries>) =>
  Object.fromEntries(memorySeries(...args).map((series) => [series.name, series]));

t.test('worker, daemon and what the machine has left are watched wherever it runs', async (t) => {
  const series = memorySeries(machineSample(), limits);
  t.strictSame(
    series.map(({ name }) => name),
    ['worker', 'daemon', 'available'],
  );
  t.match(series[2], { bytes: 3000 * MB, falling: true, limitBytes: 500 * MB });
});

t.test('the GPU is watched where somebody tells of it, at the time when it was true', async (t) => {
  const sample = machineSample({ atMs: 90_000, workerGpuMb: 700 });
  const older = { ...sample, gpuMemory: { ...sample.gpuMemory, atMs: 30_000 } };
  const series = byName(older, limits);
  t.match(series['worker gpu'], { bytes: 700 * MB, owner: 41, atMs: 30_000 });
  t.match(series['gpu'], { bytes: 800 * MB, owner: 0, atMs: 30_000 });
  t.equal(series['worker']?.atMs, 90_000);
});

t.test('a process may grow until the machine is short, a worker not beyond its own limit', async (t) => {
  t.equal(byName(machineSample(), limits)['worker']?.limitBytes, 2800 * MB);
  const own = { ...limits, workerLimitBytes: 1000 * MB };
  t.equal(byName(machineSample(), own)['worker']?.limitBytes, 1000 * MB);
  t.equal(byName(machineSample(), own)['daemon']?.limitBytes, 2580 * MB);
  t.equal(
    byName(machineSample({ roomMb: 100 }), limits)['worker']?.limitBytes,
    300 * MB,
    'it is short already',
  );
});

t.test('a card has an end of its own', async (t) => {
  const sample = machineSample({ workerGpuMb: 700 });
  const card = { ...sample, gpuMemory: { ...sample.gpuMemory, totalBytes: 4000 * MB } };
  t.equal(byName(card, limits)['worker gpu']?.limitBytes, 3900 * MB);
});

t.test('where proportional sizes are not told any more a series of resident sizes begins', async (t) => {
  const sample = machineSample();
  const processes = sample.processes.map((process) => ({ ...process, pssBytes: undefined }));
  const before = byName(sample, limits)['worker'];
  const after = byName({ ...sample, processes }, limits)['worker'];
  t.equal(after?.bytes, 340 * MB);
  t.not(after?.owner, before?.owner);
});

t.test('what was swapped out is still held', async (t) => {
  const sample = machineSample();
  const processes = sample.processes.map((process) => ({ ...process, swapBytes: 50 * MB }));
  t.equal(byName({ ...sample, processes }, limits)['worker']?.bytes, 350 * MB);
});

t.test('the size of a worker is that of host and GPU together', async (t) => {
  t.equal(workerBytes(machineSample()), 300 * MB);
  t.equal(workerBytes(machineSample({ workerGpuMb: 700 })), 1000 * MB);
  t.equal(workerBytes({ ...machineSample(), processes: [] }), undefined);
});

t.test('a machine that tells nothing has no series', async (t) => {
  t.strictSame(memorySeries({ ...machineSample(), host: undefined, processes: [] }, limits), []);
});
