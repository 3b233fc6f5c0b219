/** nvidia-smi as cards, Thor, old drivers and broken ones answer it. */
import t from 'tap';
import type { AskProgram } from '../../dist/base/program-output.js';
import { cardAsker, parseCardUsage, parseComputeApps } from '../../dist/device/card-usage.js';
import { boardFolder, machineAt } from '../helpers/fixture-board.js';

const MIB = 2 ** 20;

t.test('a card tells everything; of two the first, memory of a process on both', async (t) => {
  const { ask } = machineAt(boardFolder('x86-card'));
  t.strictSame(await cardAsker(ask)(), {
    usage: {
      usedBytes: 8125 * MIB,
      totalBytes: 24564 * MIB,
      loadPercent: 37,
      tempC: 66,
      throttledBy: ['card power cap', 'card heat'],
      processes: [{ pid: 1234, bytes: 912 * MIB }],
    },
  });
});

t.test('Thor tells the memory of processes and no sum', async (t) => {
  const { ask } = machineAt(boardFolder('jetpack-7.0-thor'));
  t.match(await cardAsker(ask)(), {
    usage: {
      usedBytes: undefined,
      totalBytes: undefined,
      loadPercent: 0,
      tempC: 45,
      throttledBy: undefined,
      processes: [{ pid: 1234, bytes: 812 * MIB }],
    },
  });
});

t.test('a driver that does not know a field is asked without it, from then on at once', async (t) => {
  const asked: string[] = [];
  const ask: AskProgram = async (_program, [query = '']) => {
    asked.push(query);
    if (/_reasons/.test(query)) return { ok: false, reason: 'ended with status 2' };
    return { ok: true, stdout: query.includes('apps') ? '' : '1, 2, 3, 4\n' };
  };
  const question = cardAsker(ask);
  t.match(await question(), { usage: { usedBytes: MIB, throttledBy: undefined, processes: undefined } });
  t.equal(asked.length, 4);
  await question();
  t.equal(asked.length, 6);
});

t.test('one deadline is waited for, not four', async (t) => {
  let asked = 0;
  const ask: AskProgram = async () => {
    asked += 1;
    return { ok: false, reason: 'did not answer in 10000 ms' };
  };
  t.strictSame(await cardAsker(ask)(), { reason: 'did not answer in 10000 ms' });
  t.equal(asked, 1);
});

t.test('what is no number stays unknown', async (t) => {
  const nothing = { usedBytes: undefined, totalBytes: undefined, loadPercent: undefined, tempC: undefined };
  for (const text of ['', 'No devices were found', '[N/A], [N/A], [N/A], [N/A], [N/A]', '-1, x, 900, 1e3'])
    t.match(parseCardUsage(text), { ...nothing, throttledBy: undefined }, text);
  t.strictSame(parseCardUsage('1, 2, 3, 4, 0x0000000000000001').throttledBy, [], 'idle is no throttling');
  t.strictSame(parseCardUsage('1, 2, 3, 4, 0xFFFFFFFFFFFFFFFF').throttledBy?.length, 5);
});

t.test('processes: commas in paths, [N/A], nonsense', async (t) => {
  t.strictSame(parseComputeApps('12, /opt/a, b/node, 5\n13, x, [N/A]\n0, y, 9\nnonsense\n'), [
    { pid: 12, bytes: 5 * MIB },
  ]);
  for (const text of ['', 'No running processes found\n', '13, x, [N/A]\n'])
    t.equal(parseComputeApps(text), undefined);
});
