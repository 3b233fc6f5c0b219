/** Memory of processes: of this one, of made-up ones, and of those that are gone or hidden. */
import t from 'tap';
import { parseRollup, processMemory } from '../../dist/device/process-memory.js';
import { SystemFiles } from '../../dist/device/system-files.js';

const ROLLUP =
  '55d496f34000-7ffcaa1d2000 ---p 00000000 00:00 0    [rollup]\nRss:     1696 kB\nPss:      246 kB\nPss_Dirty:  116 kB\nSwap:   40 kB\nSwapPss:   30 kB\n';

t.test('the proportional size where it is told', async (t) => {
  const files = new SystemFiles(t.testdir({ proc: { '7': { smaps_rollup: ROLLUP } } }));
  t.strictSame(await processMemory(files, 7), {
    memory: { pssBytes: 246 * 1024, rssBytes: 1696 * 1024, swapBytes: 30 * 1024 },
    source: 'smaps_rollup',
  });
  t.equal(parseRollup('Pss: 1 kB\nSwap: 2 kB\n').swapBytes, 2048);
});

t.test('the resident size stands in, and is not called proportional', async (t) => {
  const status = 'Name:\tnode\nVmRSS:\t  123 kB\nVmSwap:\t   0 kB\n';
  const files = new SystemFiles(t.testdir({ proc: { '7': { status } } }));
  t.strictSame(await processMemory(files, 7), {
    memory: { pssBytes: undefined, rssBytes: 123 * 1024, swapBytes: 0 },
    source: 'status',
  });
});

t.test('one that ended, or is a zombie, has no size', async (t) => {
  const files = new SystemFiles(t.testdir({ proc: { '7': { status: 'Name:\tnode\nState:\tZ\n' } } }));
  t.strictSame(await processMemory(files, 7), { reason: 'has ended' });
  t.strictSame(await processMemory(files, 8), { reason: 'has ended' });
});

t.test('this process has one', { skip: process.platform === 'linux' ? false : 'needs /proc' }, async (t) => {
  const answer = await processMemory(new SystemFiles(), process.pid);
  t.ok('memory' in answer && (answer.memory.rssBytes ?? 0) > 10e6);
});
