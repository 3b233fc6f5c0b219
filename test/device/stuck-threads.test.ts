/** What holds a process that does not go on, from made-up threads and from a process that was stopped. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { stuckThreads } from '../../dist/device/stuck-threads.js';
import { SystemFiles } from '../../dist/device/system-files.js';

const stat = (tid: number, name: string, state: string) => `${tid} (${name}) ${state} 1 7 7 0 -1 4194304 0\n`;

t.test('threads that the kernel holds are named, with the place where it tells', async (t) => {
  const task = {
    '7': { stat: stat(7, 'node', 'S'), wchan: 'ep_poll' },
    '8': { stat: stat(8, 'v4l2src0:src (x) ', 'D'), wchan: 'vb2_core_dqbuf' },
    '9': { stat: stat(9, 'cuda', 'D'), wchan: '0' },
    '10': {},
    '11': { stat: 'nonsense' },
  };
  const files = new SystemFiles(t.testdir({ proc: { '7': { task } } }));
  t.equal(
    await stuckThreads(files, 7),
    'the kernel does not let go of v4l2src0:src (x)  (vb2_core_dqbuf), cuda',
  );
});

t.test('a hundred of them are three', async (t) => {
  const tids = Array.from({ length: 100 }, (_, index) => 100 + index);
  const task = Object.fromEntries(tids.map((tid) => [tid, { stat: stat(tid, 'gpu', 'D') }]));
  const files = new SystemFiles(t.testdir({ proc: { '7': { task } } }));
  t.equal(await stuckThreads(files, 7), 'the kernel does not let go of gpu, gpu, gpu');
});

t.test('nothing is said of a process that nothing holds, that is gone or hidden', async (t) => {
  const task = { '7': { stat: stat(7, 'node', 'R') } };
  const files = new SystemFiles(t.testdir({ proc: { '7': { task } } }));
  t.equal(await stuckThreads(files, 7), undefined);
  t.equal(await stuckThreads(files, 8), undefined);
});

t.test(
  'a process that a signal has stopped is told from one that hangs',
  { skip: process.platform === 'linux' ? false : 'needs /proc' },
  async (t) => {
    const child = spawn('sleep', ['600']);
    t.teardown(() => child.kill('SIGKILL'));
    await once(child, 'spawn');
    const { pid } = child as { pid: number };
    t.not(await stuckThreads(new SystemFiles(), pid), 'a signal or a debugger has stopped it');
    child.kill('SIGSTOP');
    let said: string | undefined;
    for (const end = Date.now() + 20_000; said === undefined && Date.now() < end; )
      said = await stuckThreads(new SystemFiles(), pid);
    t.equal(said, 'a signal or a debugger has stopped it');
  },
);
