/** How much memory a build may take. */
import t from 'tap';
import { freeMemory, parseFreeMiB } from '../../dist/device/free-memory.js';

const MiB = 2 ** 20;
const unasked = () => {
  throw new Error('nobody is to be asked');
};

t.test("a board's GPU has no memory of its own, and nobody is asked for it", async (t) => {
  const board = { soc: 'tegra234', gpu: 'Orin (ga10b)' };
  t.strictSame(await freeMemory(board, unasked, 3000.7 * MiB), { availableMiB: 3000, gpuFreeMiB: undefined });
  t.strictSame(await freeMemory({ soc: undefined, gpu: undefined }, unasked, 5 * MiB), {
    ...{ availableMiB: 5, gpuFreeMiB: undefined },
  });
});

t.test('a card says what it has left, or nothing', async (t) => {
  const card = { soc: undefined, gpu: 'NVIDIA L4' };
  const asked: string[] = [];
  const answer = await freeMemory(
    card,
    async (program, args) => {
      asked.push([program, ...args].join(' '));
      return { ok: true, stdout: '22334\n11\n' };
    },
    MiB,
  );
  t.strictSame(answer, { availableMiB: 1, gpuFreeMiB: 22334 });
  t.strictSame(asked, ['nvidia-smi --query-gpu=memory.free --format=csv,noheader,nounits']);
  const silent = await freeMemory(card, async () => ({ ok: false, reason: 'is not installed' }), MiB);
  t.equal(silent.gpuFreeMiB, undefined);
});

t.test('what is no number is nothing', (t) => {
  for (const text of ['', '[N/A]\n', '-1', '12 MiB', '9'.repeat(30)]) t.equal(parseFreeMiB(text), undefined);
  t.end();
});

t.test('without a figure the machine is asked for its own', async (t) => {
  t.ok((await freeMemory({ soc: undefined, gpu: undefined }, unasked)).availableMiB > 0);
});
