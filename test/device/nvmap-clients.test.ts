/** nvmap's table in both layouts, and names of processes that try to be columns. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseHelperAnswer, parseNvmapClients, parseNvmapTotal } from '../../dist/device/nvmap-clients.js';
import { boardFolder } from '../helpers/fixture-board.js';

const HEAD = 'CLIENT                        PROCESS      PID        SIZE\n';
const table = (board: string) =>
  readFileSync(join(boardFolder(board), 'sys/kernel/debug/nvmap/iovmm/clients'), 'utf8');

t.test('the layout of most kernels', async (t) => {
  t.strictSame(parseNvmapClients(table('jetpack-6.2.2-orin-nano')), {
    processes: [
      { pid: 4481, bytes: 118372 * 1024 },
      { pid: 1012, bytes: 0 },
    ],
    totalBytes: 141896 * 1024,
  });
});

t.test('the layout with a column more: the last one is the size', async (t) => {
  t.strictSame(parseNvmapClients(table('jetpack-5.1.2-xavier')), {
    processes: [{ pid: 4678, bytes: 76 * 1024 }],
    totalBytes: 76 * 1024,
  });
});

t.test('names with spaces, digits and units, none at all, and drivers', async (t) => {
  const rows = [
    'user     my app 5 12    77        1K',
    'user         3 4K    78    0K    2M',
    'user                79         3G',
    'user              total    80         4K',
    'nvhost          kernel     0       500K',
  ];
  t.strictSame(parseNvmapClients(`${HEAD}${rows.join('\n')}\ntotal   9K\n`)?.processes, [
    { pid: 77, bytes: 1024 },
    { pid: 78, bytes: 2 * 2 ** 20 },
    { pid: 79, bytes: 3 * 2 ** 30 },
    { pid: 80, bytes: 4096 },
  ]);
});

t.test('a process that opened the device twice is one', async (t) => {
  const rows = 'user   a   5    1K\nuser   a   5    2K\n';
  t.strictSame(parseNvmapClients(`${HEAD}${rows}total  3K\n`)?.processes, [{ pid: 5, bytes: 3072 }]);
});

t.test('what is cut off, or something else, is no table', async (t) => {
  for (const text of ['', HEAD, `${HEAD}user   a   5    1K\n`, 'total 5K\n', `${HEAD}total 5\n`])
    t.equal(parseNvmapClients(text), undefined, text);
  t.equal(
    parseNvmapClients(`${HEAD}user   a   5    7\ntotal  0K\n`)?.processes.length,
    0,
    'a size has its unit',
  );
  t.equal(parseNvmapClients(`${HEAD}${'user a 1 1K\n'.repeat(10_000)}total 1K\n`), undefined, 'too long');
});

t.test('the helper’s answer', async (t) => {
  t.strictSame(parseHelperAnswer('4481 118372K\n1012 0K\ntotal 141896K\n'), {
    processes: [
      { pid: 4481, bytes: 118372 * 1024 },
      { pid: 1012, bytes: 0 },
    ],
    totalBytes: 141896 * 1024,
  });
  t.strictSame(parseHelperAnswer('total 0K\n'), { processes: [], totalBytes: 0 });
  for (const text of ['', '4481 118372K\n', 'hello\n', 'total x\n'])
    t.equal(parseHelperAnswer(text), undefined);
});

t.test('the allocator’s own sum', async (t) => {
  t.equal(parseNvmapTotal('145301504\n'), 145301504);
  for (const text of ['', '12K', '-1', '1e9']) t.equal(parseNvmapTotal(text), undefined);
});
